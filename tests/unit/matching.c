/* SPDX-License-Identifier: MIT */
/*
 * The flat policy against a matcher that walks the rules one by one: random policies, written as a
 * configuration file and compiled by the real compiler. Values come from small ranges, so that
 * rules overlap a lot. Seeds are fixed: a failure can be run again.
 */
#include "check.h"
#include "policy/flat.h"
#include "policy/names.h"
#include "policy_text.h"

#include <arpa/inet.h>
#include <sys/wait.h>
#include <unistd.h>

#define RULES_MOST 24
#define LIST_MOST 3
#define NAMES 6

struct model_prefix {
    bool every;
    bool four;
    uint8_t address[16]; /* the first 4 bytes of it where `four` */
    unsigned length;
};

struct model_rule {
    struct model_prefix prefixes[LIST_MOST];
    unsigned prefix_count;
    const char *hosts[LIST_MOST];
    unsigned host_count;
    unsigned lo[LIST_MOST], hi[LIST_MOST], port_count;
    const char *interfaces[LIST_MOST];
    unsigned interface_count;
};

struct model {
    struct model_rule rules[RULES_MOST];
    unsigned rule_count;
};

static const char *const names[NAMES] = {
    "example.com", "www.example.com", "a.b.example.com", "example.org", "com", "x-example.com",
};
static const char *const hosts[] = {
    "example.com", "*.example.com", "www.example.com", "*.com", "*.b.example.com", "example.net",
};

static const char *const interfaces[] = {"eth0", "eth1", "eth*", "*0", "*"};

/* What a look-up is told, and the last that it may not be told. */
static const char *const links[] = {"eth0", "eth1", "wg0", NULL};
#define LINKS (sizeof links / sizeof links[0])

static uint64_t state;

/* splitmix64: the same numbers everywhere. */
static unsigned random_below(unsigned limit)
{
    uint64_t z = state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return (unsigned)((z ^ z >> 31) % limit);
}

static bool bit_of(const uint8_t *address, unsigned bit)
{
    return address[bit / 8] >> (7 - bit % 8) & 1;
}

static void random_bytes(uint8_t *address, bool four)
{
    memset(address, 0, 16);
    if (four) {
        address[0] = 10;
        for (int i = 1; i < 4; i++)
            address[i] = (uint8_t)(random_below(2) * 128 + random_below(2));
        return;
    }
    address[0] = random_below(4) == 0 ? 0 : 0xfd;
    address[7] = (uint8_t)random_below(3);
    address[8] = (uint8_t)(random_below(2) * 128);
    address[15] = (uint8_t)random_below(3);
}

static struct model_prefix random_prefix(void)
{
    struct model_prefix prefix = {.every = random_below(12) == 0, .four = random_below(2)};
    unsigned longest = prefix.four ? 32 : 128;
    random_bytes(prefix.address, prefix.four);
    prefix.length = random_below(3) == 0 ? longest : random_below(longest + 1);
    for (unsigned bit = prefix.length; bit < longest; bit++)
        prefix.address[bit / 8] &= (uint8_t) ~(1u << (7 - bit % 8));
    return prefix;
}

static struct model_rule random_rule(bool client)
{
    struct model_rule rule = {.prefix_count = random_below(LIST_MOST + 1),
                              .port_count = random_below(LIST_MOST + 1)};
    for (unsigned i = 0; i < rule.prefix_count; i++)
        rule.prefixes[i] = random_prefix();
    if (client && random_below(2))
        rule.host_count = random_below(LIST_MOST + 1);
    for (unsigned i = 0; i < rule.host_count; i++)
        rule.hosts[i] = hosts[random_below(sizeof hosts / sizeof hosts[0])];
    for (unsigned i = 0; i < rule.port_count; i++) {
        rule.lo[i] = random_below(8) == 0 ? 65530 + random_below(6) : 1 + random_below(20);
        rule.hi[i] = rule.lo[i] + random_below(6);
        if (rule.hi[i] > 65535)
            rule.hi[i] = 65535;
    }
    if (random_below(3) == 0)
        rule.interface_count = random_below(LIST_MOST + 1);
    for (unsigned i = 0; i < rule.interface_count; i++)
        rule.interfaces[i] = interfaces[random_below(sizeof interfaces / sizeof interfaces[0])];
    return rule;
}

static void write_rule(FILE *stream, const struct model_rule *rule)
{
    fputs("  {", stream);
    for (unsigned i = 0; i < rule->prefix_count; i++) {
        const struct model_prefix *prefix = &rule->prefixes[i];
        char text[INET6_ADDRSTRLEN];
        fputs(i == 0 ? " address = [ " : ", ", stream);
        inet_ntop(prefix->four ? AF_INET : AF_INET6, prefix->address, text, sizeof text);
        if (prefix->every)
            fputs("\"*\"", stream);
        else
            fprintf(stream, "\"%s/%u\"", text, prefix->length);
    }
    fputs(rule->prefix_count > 0 ? " ];" : "", stream);
    for (unsigned i = 0; i < rule->host_count; i++)
        fprintf(stream, "%s\"%s\"", i == 0 ? " host = [ " : ", ", rule->hosts[i]);
    fputs(rule->host_count > 0 ? " ];" : "", stream);
    for (unsigned i = 0; i < rule->port_count; i++)
        fprintf(stream, "%s\"%u-%u\"", i == 0 ? " port = [ " : ", ", rule->lo[i], rule->hi[i]);
    fputs(rule->port_count > 0 ? " ];" : "", stream);
    for (unsigned i = 0; i < rule->interface_count; i++)
        fprintf(stream, "%s\"%s\"", i == 0 ? " interface = [ " : ", ", rule->interfaces[i]);
    fputs(rule->interface_count > 0 ? " ]; }" : " }", stream);
}

static char *write_model(const struct model *model, const char *group)
{
    size_t size;
    char *text;
    FILE *stream = open_memstream(&text, &size);
    CHECK(stream != NULL);
    fprintf(stream, "%s = { rules = (\n", group);
    for (unsigned i = 0; i < model->rule_count; i++) {
        write_rule(stream, &model->rules[i]);
        fputs(i + 1 < model->rule_count ? ",\n" : "\n", stream);
    }
    fputs(") };\n", stream);
    fclose(stream);
    return text;
}

static bool prefix_matches(const struct model_prefix *prefix, bool four, const uint8_t *address)
{
    if (prefix->every)
        return true;
    if (prefix->four != four)
        return false;
    for (unsigned bit = 0; bit < prefix->length; bit++)
        if (bit_of(prefix->address, bit) != bit_of(address, bit))
            return false;
    return true;
}

static bool host_matches(const char *pattern, const char *name)
{
    size_t length, name_length = strlen(name);
    if (pattern[0] != '*')
        return strcmp(pattern, name) == 0;
    length = strlen(pattern + 1);
    return name_length > length && strcmp(name + name_length - length, pattern + 1) == 0;
}

static bool interface_matches(const char *pattern, const char *link)
{
    if (strcmp(pattern, "eth*") == 0)
        return strncmp(link, "eth", 3) == 0;
    if (strcmp(pattern, "*0") == 0)
        return link[strlen(link) - 1] == '0';
    return strcmp(pattern, "*") == 0 || strcmp(pattern, link) == 0;
}

/* `name` is what the address was learned under, or NULL; so is `link`, where there is none. */
static bool rule_matches(const struct model_rule *rule, bool four, const uint8_t *address,
                         const char *name, unsigned port, const char *link)
{
    bool at = rule->prefix_count + rule->host_count == 0, through = rule->port_count == 0;
    bool by = rule->interface_count == 0;
    for (unsigned i = 0; i < rule->prefix_count; i++)
        at = at || prefix_matches(&rule->prefixes[i], four, address);
    for (unsigned i = 0; i < rule->host_count; i++)
        at = at || (name != NULL && host_matches(rule->hosts[i], name));
    for (unsigned i = 0; i < rule->port_count; i++)
        through = through || (port >= rule->lo[i] && port <= rule->hi[i]);
    for (unsigned i = 0; i < rule->interface_count; i++)
        by = by || (link != NULL && interface_matches(rule->interfaces[i], link));
    return at && through && by;
}

/* The line of the first rule that matches: the file has one rule a line, from line 2 on. */
static uint32_t model_line(const struct model *model, bool four, const uint8_t *address,
                           const char *name, unsigned port, const char *link)
{
    for (unsigned i = 0; i < model->rule_count; i++)
        if (rule_matches(&model->rules[i], four, address, name, port, link))
            return i + 2;
    return 0;
}

static struct endpoint mapped_or_not(bool four, const uint8_t *address, unsigned port)
{
    char text[INET6_ADDRSTRLEN + 8] = "::ffff:";
    /* Sometimes an AF_INET address, sometimes the same as AF_INET6. */
    inet_ntop(four ? AF_INET : AF_INET6, address, text + 7, INET6_ADDRSTRLEN);
    return endpoint(four && random_below(2) ? text : text + 7, (uint16_t)port);
}

static struct model random_model(bool client)
{
    struct model model = {.rule_count = random_below(RULES_MOST + 1)};
    for (unsigned i = 0; i < model.rule_count; i++)
        model.rules[i] = random_rule(client);
    return model;
}

/* The descriptor says which. */
static enum interface tell_link(int fd, const uint8_t at[16], char name[IF_NAMESIZE])
{
    (void)at;
    if (links[fd] == NULL)
        return INTERFACE_NONE;
    memcpy(name, links[fd], strlen(links[fd]) + 1);
    return INTERFACE_KNOWN;
}

/* The line of the rule that decides; without a link, UINT32_MAX if it is in doubt. */
static uint32_t line_of(const struct policy *policy, bool client, const struct endpoint *to,
                        const struct policy_link *link)
{
    struct client_verdict verdict;
    struct server_verdict served;
    if (client) {
        verdict = policy_client(policy, to, link);
        return verdict.no_interface ? UINT32_MAX : verdict.line;
    }
    served = policy_server(policy, to, link);
    return served.no_interface ? UINT32_MAX : served.line;
}

static void compare_once(const struct policy *policy, const struct model *model, bool client,
                         uint8_t salt)
{
    bool four = random_below(2);
    unsigned port = random_below(6) == 0 ? 65526 + random_below(10) : random_below(28);
    const char *name = NULL;
    uint8_t address[16];
    struct endpoint to;
    uint32_t line;
    random_bytes(address, four);
    /* An address of its own for each name. */
    if (client && random_below(2)) {
        unsigned which = random_below(NAMES);
        name = names[which];
        address[four ? 2 : 13] = salt;
        address[four ? 3 : 14] = (uint8_t)(100 + which);
    }
    to = mapped_or_not(four, address, port);
    if (name != NULL)
        names_learn(policy, name, &to);
    for (int i = 0; i < (int)LINKS; i++) {
        const struct policy_link link = {tell_link, i};
        line = model_line(model, four, address, name, port, links[i]);
        CHECK_EQUAL(line_of(policy, client, &to, &link), line);
        /* Where nobody tells, it does not matter or is in doubt. */
        CHECK(line_of(policy, client, &to, NULL) == line ||
              line_of(policy, client, &to, NULL) == UINT32_MAX);
    }
}

static void compare_policy(bool client, unsigned seed)
{
    struct model model;
    const struct policy *policy;
    char *text;
    state = seed;
    model = random_model(client);
    text = write_model(&model, client ? "client" : "server");
    policy = compile_text(text);
    for (int i = 0; i < 400; i++)
        compare_once(policy, &model, client, (uint8_t)seed);
    discard(policy);
    free(text);
}

/* Each in a process of its own, so that none meets the names of another. */
static void compare_policies(bool client, unsigned seeds)
{
    for (unsigned seed = 1; seed <= seeds; seed++) {
        pid_t child = fork();
        int status;
        CHECK(child >= 0);
        if (child == 0) {
            compare_policy(client, seed);
            _exit(0);
        }
        CHECK(waitpid(child, &status, 0) == child);
        CHECK_EQUAL(status, 0);
    }
}

static void clients(void)
{
    compare_policies(true, 250);
}

static void servers(void)
{
    compare_policies(false, 250);
}

static const struct test_case cases[] = {
    {"clients", clients},
    {"servers", servers},
};

TEST_MAIN(cases)
