/* SPDX-License-Identifier: MIT */
/* Any bytes as a configuration file: errors are reported, or the policy answers any question. */
#include "input.h"

#include "policy/compile.h"
#include "policy/names.h"

const char *__lsan_default_suppressions(void);

/* libconfig 1.5 loses the string that it was reading when it meets a syntax error. */
const char *__lsan_default_suppressions(void)
{
    return "leak:libconfig.so";
}

static void count_reports(void *context, const char *message)
{
    if (message[0] == '\0' || strchr(message, '\n') != NULL)
        abort();
    ++*(unsigned *)context;
}

static enum interface tell_interface(int fd, const uint8_t address[16], char name[IF_NAMESIZE])
{
    (void)fd;
    memcpy(name, "eth0", sizeof("eth0"));
    return address[15] & 1 ? INTERFACE_KNOWN : INTERFACE_NONE;
}

static void ask(const struct policy *policy)
{
    static const struct policy_link link = {tell_interface, -1};
    static const char *const hosts[] = {"example.com", "www.example.com", "a.b.c.d.e.f", "x"};
    static const uint16_t ports[] = {0, 1, 53, 80, 443, 8080, 65535};
    for (size_t i = 0; i < 16; i++)
        for (size_t j = 0; j < sizeof ports / sizeof ports[0]; j++) {
            struct endpoint to = {.port = ports[j]};
            memset(to.address + i % 8, (int)(i * 17), 16 - i % 8);
            if (i % 2 == 0)
                memcpy(to.address, "\0\0\0\0\0\0\0\0\0\0\xff\xff\x0a", 13);
            names_learn(policy, hosts[i % 4], &to);
            (void)policy_client(policy, &to, &link);
            (void)policy_server(policy, &to, &link);
        }
    if (strlen(policy_log_to(policy)) == 0 || policy_log_level(policy) > LOG_DEBUG)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct policy *policy;
    const struct policy_subject subject = {.program = "program", .executable = "/usr/bin/file"};
    unsigned reports = 0;
    policy = policy_compile(input_file(data, size), &subject, count_reports, &reports);
    if ((policy != NULL) == (reports > 0))
        abort();
    if (policy != NULL) {
        if (!policy_is_usable(policy))
            abort();
        ask(policy);
        munmap((void *)policy, policy_size(policy));
    }
    return 0;
}
