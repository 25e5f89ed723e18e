/* SPDX-License-Identifier: MIT */
/* Any bytes as a flat policy: it is refused, or it answers any question. And any bytes as the head
 * of one that somebody has kept: it is refused, or can be compared with what is wanted. */
#include "input.h"

#include "policy/flat.h"
#include "policy/names.h"
#include "policy/subject.h"

static enum interface tell_interface(int fd, const uint8_t address[16], char name[IF_NAMESIZE])
{
    (void)fd;
    memcpy(name, "eth0", sizeof("eth0"));
    return address[15] & 1 ? INTERFACE_KNOWN : INTERFACE_NONE;
}

static void ask(const struct policy *policy, const uint8_t address[16], uint16_t port)
{
    const struct policy_link link = {tell_interface, -1};
    struct endpoint to = {.port = port};
    struct client_verdict client;
    struct server_verdict server;
    memcpy(to.address, address, 16);
    client = policy_client(policy, &to, &link);
    server = policy_server(policy, &to, &link);
    if (client.file != NULL && strlen(client.file) > policy_size(policy))
        abort();
    if (server.file != NULL && strlen(server.file) > policy_size(policy))
        abort();
}

/* Each host pattern as the name of an address. */
static void ask_hosts(const struct policy *policy)
{
    const struct policy_host *hosts = policy_at(policy, policy->hosts.offset);
    uint8_t address[16] = {10};
    for (uint32_t i = 0; i < policy->hosts.count && i < 8; i++) {
        const char *pattern = policy_at(policy, hosts[i].pattern);
        struct endpoint to = {.port = 80};
        char name[80];
        address[1] = (uint8_t)i;
        memcpy(to.address, address, 16);
        snprintf(name, sizeof name, "%s%.70s", pattern[0] == '.' ? "x" : "", pattern);
        names_learn(policy, name, &to);
        ask(policy, address, 80);
    }
}

static void ask_all(const struct policy *policy)
{
    static const uint16_t ports[] = {0, 80, 443, 65535};
    uint8_t address[16];
    for (unsigned i = 0; i < 8; i++)
        for (unsigned j = 0; j < sizeof ports / sizeof ports[0]; j++) {
            memset(address, (int)(i * 37), sizeof address);
            if (i % 2 == 0)
                memcpy(address, "\0\0\0\0\0\0\0\0\0\0\xff\xff\x0a", 13);
            ask(policy, address, ports[j]);
        }
    ask_hosts(policy);
    if (policy_log_level(policy) > LOG_DEBUG || strlen(policy_log_to(policy)) > policy_size(policy))
        abort();
    if (policy_path(policy) != NULL && strlen(policy_path(policy)) > policy_size(policy))
        abort();
}

static const char *cgroups(void)
{
    return "1:name=systemd:/a.slice/b.service\n0::/a.slice/b.service\n";
}

static void compare_head(const struct policy *policy)
{
    static const struct policy_subject subject = {.program = "program", .cgroups = cgroups};
    const struct policy_selector *selectors = policy_at(policy, policy->selectors.offset);
    const struct policy_source *sources = policy_at(policy, policy->sources.offset);
    size_t length = strlen(policy_path(policy));
    if (policy->refusal != 0)
        length += strlen(policy_at(policy, policy->refusal));
    for (uint32_t i = 0; i < policy->selectors.count; i++) {
        const char *pattern = policy_at(policy, selectors[i].pattern);
        if (strlen(pattern) > policy->size ||
            subject_matches(&subject, selectors[i].selector, pattern) == selectors[i].holds + 1)
            length++;
    }
    for (uint32_t i = 0; i < policy->sources.count; i++)
        if (strlen(policy_at(policy, sources[i].path)) > policy->size || sources[i].stamp.mode == 1)
            length++;
    if (length > (size_t)policy->size * (policy->sources.count + 4))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct policy *policy;
    if (size < sizeof *policy)
        return 0;
    policy = input_block(data, size);
    /* Of these, whoever maps a block knows better. */
    policy->magic = POLICY_MAGIC;
    policy->version = POLICY_VERSION;
    if (policy->size > size)
        policy->size = (uint32_t)size;
    if (policy_head_is_usable(policy, size))
        compare_head(policy);
    if (policy_is_usable(policy))
        ask_all(policy);
    free(policy);
    return 0;
}
