/* SPDX-License-Identifier: MIT */
/* A block that is not what a compiler of this version makes is not used: every part of it is looked
 * at before the first decision. */
#include "check.h"
#include "policy/flat.h"
#include "policy/subject.h"
#include "policy_text.h"

static const char text[] =
    "client = { rules = ( { address = \"10.0.0.0/8\"; port = 80; }, { host = \"*.test\"; } ); };\n"
    "server = { rules = ( { address = \"*\"; queue = 5; } ); };";

static struct policy *copy_of(const struct policy *policy)
{
    struct policy *copy = malloc(policy_size(policy));
    CHECK(copy != NULL);
    memcpy(copy, policy, policy_size(policy));
    return copy;
}

static void what_the_compiler_makes_is(void)
{
    const struct policy *policy = compile_text(text), *empty = compile_text("");
    CHECK(policy_is_usable(policy));
    CHECK(policy_is_usable(empty));
    CHECK(policy_is_usable(policy_builtin));
    discard(policy);
    discard(empty);
}

/* With one word of the header, or of what it refers to, changed. */
#define REFUSED(word, value)                                                                       \
    do {                                                                                           \
        const struct policy *policy = compile_text(text);                                          \
        struct policy *changed = copy_of(policy);                                                  \
        CHECK(policy_is_usable(changed));                                                          \
        (word) = (value);                                                                          \
        CHECK(!policy_is_usable(changed));                                                         \
        free(changed);                                                                             \
        discard(policy);                                                                           \
    } while (0)

static void header(void)
{
    REFUSED(changed->magic, 0);
    REFUSED(changed->version, POLICY_VERSION + 1);
    REFUSED(changed->size, sizeof *changed - 1);
    REFUSED(changed->log_level, LOG_DEBUG + 1);
    REFUSED(changed->log_to, changed->size);
    REFUSED(changed->path, UINT32_MAX);
}

static void arrays(void)
{
    REFUSED(changed->client.rules.count, UINT32_MAX);
    REFUSED(changed->client.rules.offset, changed->size);
    REFUSED(changed->client.sets.offset, changed->client.sets.offset + 1);
    REFUSED(changed->server.sets.count, 1000000);
    REFUSED(changed->hosts.offset, UINT32_MAX - 7);
    /* No room is left for the last of them. */
    REFUSED(changed->hosts.count, changed->hosts.count + 1000);
}

static void *part(struct policy *policy, const struct policy_array *array)
{
    return (char *)policy + array->offset;
}

#define RULE ((struct policy_rule *)part(changed, &changed->client.rules))
#define SET ((struct policy_prefix_set *)part(changed, &changed->client.sets))
#define PREFIX ((struct policy_prefix *)part(changed, &SET->prefixes))
#define SEGMENT ((struct policy_segment *)part(changed, &PREFIX->segments))
#define HOST ((struct policy_host *)part(changed, &changed->hosts))

static void what_arrays_hold(void)
{
    REFUSED(RULE->file, changed->size);
    REFUSED(RULE->key_file, changed->size);
    REFUSED(RULE->first_write, FIRST_WRITE_REPLAY_SAFE + 1);
    REFUSED(RULE->first_contact, FIRST_CONTACT_DEFER + 1);
    REFUSED(RULE->deferral, DEFERRAL_BY_SHIM + 1);
    REFUSED(changed->client.fallback.deferral, DEFERRAL_BY_SHIM + 1);
    REFUSED(SET->length, 129);
    REFUSED(SET->interface, changed->size);
    REFUSED(HOST->interface, changed->size);
    REFUSED(SET->prefixes.count, UINT32_MAX);
    REFUSED(PREFIX->segments.offset, UINT32_MAX - 3);
    REFUSED(SEGMENT->rule, changed->client.rules.count);
    REFUSED(HOST->pattern, changed->size);
    REFUSED(HOST->pattern, changed->log_to + (uint32_t)strlen(policy_log_to(changed)));
    REFUSED(HOST->segments.count, UINT32_MAX);
}

/* What is kept for others says of which files it was made; those of the tests are too young to be
 * believed. */
static struct policy *kept_policy(void)
{
    static const char rules[] = "client = { rules = ( { program = \"tester\"; } ); };";
    const struct policy *policy = compile_text(rules);
    struct policy *kept = calloc(1, policy->size);
    CHECK(kept != NULL);
    CHECK_EQUAL(policy->sources.count, 2);
    memcpy(kept, policy, policy->size);
    CHECK(kept->unsettled);
    kept->unsettled = false;
    discard(policy);
    return kept;
}

#define HEAD_REFUSED(word, value)                                                                  \
    do {                                                                                           \
        struct policy *changed = kept_policy();                                                    \
        const size_t size = changed->size;                                                         \
        CHECK(policy_is_usable(changed));                                                          \
        CHECK(policy_head_is_usable(changed, size));                                               \
        (word) = (value);                                                                          \
        CHECK(!policy_head_is_usable(changed, size));                                              \
        free(changed);                                                                             \
    } while (0)

#define SELECTOR ((struct policy_selector *)part(changed, &changed->selectors))
#define SOURCE ((struct policy_source *)part(changed, &changed->sources))

static void head_of_one_that_is_kept(void)
{
    HEAD_REFUSED(changed->magic, 0);
    HEAD_REFUSED(changed->version, POLICY_VERSION - 1);
    HEAD_REFUSED(changed->size, changed->size - 1);
    HEAD_REFUSED(changed->size, changed->size + 1);
    HEAD_REFUSED(changed->path, 0);
    HEAD_REFUSED(changed->log_to, changed->size);
    HEAD_REFUSED(changed->selectors.count, UINT32_MAX);
    HEAD_REFUSED(SELECTOR->pattern, changed->size);
    HEAD_REFUSED(SELECTOR->selector, SUBJECT_SELECTORS);
    HEAD_REFUSED(changed->unsettled, true);
    HEAD_REFUSED(changed->refusal, changed->size);
    HEAD_REFUSED(changed->sources.count, 0);
    HEAD_REFUSED(changed->sources.count, UINT32_MAX);
    HEAD_REFUSED(changed->sources.offset, changed->sources.offset + 4);
    HEAD_REFUSED(SOURCE->path, changed->size);
}

static void head_is_no_longer_than_what_it_lies_in(void)
{
    struct policy *kept = kept_policy();
    CHECK(!policy_head_is_usable(kept, kept->size - 1));
    CHECK(!policy_head_is_usable(kept, sizeof *kept - 1));
    CHECK(!policy_head_is_usable(kept, 0));
    free(kept);
}

static const struct test_case cases[] = {
    {"what_the_compiler_makes_is", what_the_compiler_makes_is},
    {"header", header},
    {"arrays", arrays},
    {"what_arrays_hold", what_arrays_hold},
    {"head_of_one_that_is_kept", head_of_one_that_is_kept},
    {"head_is_no_longer_than_what_it_lies_in", head_is_no_longer_than_what_it_lies_in},
};

TEST_MAIN(cases)
