/* SPDX-License-Identifier: MIT */
/* What a look-up costs, in comparisons: time would depend on the machine. */
#include "check.h"
#include "policy/flat.h"
#include "policy_text.h"

#define RULES 10000

static unsigned steps_for(const struct policy *policy, const char *address, uint16_t port,
                          bool matches)
{
    struct endpoint to = endpoint(address, port);
    struct policy_look look = {.endpoint = &to};
    uint32_t rule = policy_match(policy, &policy->client, &look);
    CHECK((rule != POLICY_NO_RULE) == matches);
    return look.steps;
}

static const struct policy *compile_rules(void (*write_rule)(FILE *, unsigned))
{
    const struct policy *policy;
    size_t size;
    char *text;
    FILE *stream = open_memstream(&text, &size);
    CHECK(stream != NULL);
    fputs("client = { rules = (\n", stream);
    for (unsigned i = 0; i < RULES; i++) {
        if (i > 0)
            fputs(",\n", stream);
        write_rule(stream, i);
    }
    fputs(") };\n", stream);
    fclose(stream);
    policy = compile_text(text);
    free(text);
    return policy;
}

static void single_address(FILE *stream, unsigned i)
{
    fprintf(stream, "{ address = \"10.%u.%u.1\"; port = 80; }", i / 256, i % 256);
}

static void many_addresses(void)
{
    const struct policy *policy = compile_rules(single_address);
    /* Two binary searches: log2(10,000) is 13.3. */
    CHECK(steps_for(policy, "10.39.15.1", 80, true) <= 20);
    CHECK(steps_for(policy, "10.39.15.2", 80, false) <= 20);
    CHECK(steps_for(policy, "fd00::1", 80, false) <= 1);
    discard(policy);
}

static void every_length(FILE *stream, unsigned i)
{
    unsigned length = i % 129;
    if (length < 16)
        fprintf(stream, "{ address = \"::/%u\"; port = %u; }", length, 1000 + i);
    else
        fprintf(stream, "{ address = \"%x00::/%u\"; port = %u; }", 1 + i / 129, length, 1000 + i);
}

static void many_lengths(void)
{
    const struct policy *policy = compile_rules(every_length);
    /* The worst there is: 129 lengths, each with its prefixes. */
    CHECK(steps_for(policy, "4d00::1", 80, false) <= 129 * 16);
    CHECK(steps_for(policy, "10.0.0.1", 80, false) <= 129);
    discard(policy);
}

static void nested_ports(FILE *stream, unsigned i)
{
    fprintf(stream, "{ port = \"%u-%u\"; }", 30000 - i, 30000 + i);
}

static void many_overlaps(void)
{
    const struct policy *policy = compile_rules(nested_ports);
    /* 19,999 segments, and a binary search through them. */
    CHECK(steps_for(policy, "10.0.0.1", 20001, true) <= 18);
    CHECK(steps_for(policy, "10.0.0.1", 30000, true) <= 18);
    CHECK(steps_for(policy, "10.0.0.1", 20000, false) <= 18);
    discard(policy);
}

static const struct test_case cases[] = {
    {"many_addresses", many_addresses},
    {"many_lengths", many_lengths},
    {"many_overlaps", many_overlaps},
};

TEST_MAIN(cases)
