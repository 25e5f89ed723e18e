/* SPDX-License-Identifier: MIT */
/* Any bytes as a configuration file: errors are reported, or the policy answers any question. */
#include "policy/compile.h"
#include "policy/names.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
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

static void ask(const struct policy *policy)
{
    static const char *const hosts[] = {"example.com", "www.example.com", "a.b.c.d.e.f", "x"};
    static const uint16_t ports[] = {0, 1, 53, 80, 443, 8080, 65535};

    for (size_t i = 0; i < 16; i++)
        for (size_t j = 0; j < sizeof(ports) / sizeof(ports[0]); j++) {
            struct endpoint to = {.port = ports[j]};

            memset(to.address + i % 8, (int)(i * 17), 16 - i % 8);
            if (i % 2 == 0)
                memcpy(to.address, "\0\0\0\0\0\0\0\0\0\0\xff\xff\x0a", 13);
            names_learn(policy, hosts[i % 4], &to);
            (void)policy_client(policy, &to);
            (void)policy_server(policy, &to);
        }
    if (strlen(policy_log_to(policy)) == 0 || policy_log_level(policy) > LOG_DEBUG)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static int fd = -1;
    const struct policy *policy;
    unsigned reports = 0;
    char path[64];

    if (fd < 0) {
        fd = memfd_create("config", MFD_CLOEXEC);
        fchmod(fd, 0600); /* root uses no file that others may write to */
    }
    if (fd < 0 || ftruncate(fd, 0) != 0 || pwrite(fd, data, size, 0) != (ssize_t)size)
        abort();
    snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    policy = policy_compile(path, "program", NULL, count_reports, &reports);
    if ((policy != NULL) == (reports > 0))
        abort();
    if (policy != NULL) {
        ask(policy);
        munmap((void *)policy, policy_size(policy));
    }
    return 0;
}
