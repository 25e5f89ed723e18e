/* SPDX-License-Identifier: MIT */
#include "policy/names.h"
#include "check.h"
#include "policy/flat.h"
#include "policy_text.h"

static const char text[] = "client = { rules = (\n"
                           "  { host = \"Example.COM\"; port = 1; },\n"
                           "  { host = \"*.example.com\"; port = 2; },\n"
                           "  { host = \"*.com.\"; port = 3; },\n"
                           "  { host = \"www.example.com\"; port = 4; }\n"
                           ") };";

/* Whether the address matches each of the four rules, as a number of four digits. */
static unsigned matches(const struct policy *policy, const char *address)
{
    unsigned digits = 0;

    for (uint16_t port = 1; port <= 4; port++) {
        struct endpoint to = endpoint(address, port);

        digits = digits * 10 + policy_client(policy, &to).fastopen;
    }
    return digits;
}

static unsigned matches_for(const char *name)
{
    static unsigned serial;
    const struct policy *policy = compile_text(text);
    struct endpoint to;
    unsigned digits;
    char address[32];

    snprintf(address, sizeof(address), "10.0.%u.%u", serial / 256, serial % 256);
    serial++;
    to = endpoint(address, 0);
    names_learn(policy, name, &to);
    digits = matches(policy, address);
    discard(policy);
    return digits;
}

static void patterns(void)
{
    CHECK_EQUAL(matches_for("example.com"), 1010);
    CHECK_EQUAL(matches_for("www.example.com"), 111);
    CHECK_EQUAL(matches_for("a.b.example.com"), 110);
    CHECK_EQUAL(matches_for("notexample.com"), 10);
    CHECK_EQUAL(matches_for("com"), 0);
    CHECK_EQUAL(matches_for("example.org"), 0);
    CHECK_EQUAL(matches_for("www.example.com.evil.org"), 0);
}

static void letters_and_the_last_dot_do_not_matter(void)
{
    CHECK_EQUAL(matches_for("WWW.eXample.Com"), 111);
    CHECK_EQUAL(matches_for("www.example.com."), 111);
    CHECK_EQUAL(matches_for("www.example.com.."), 0);
}

static void odd_names_are_ignored(void)
{
    char longest[300], page_end[] = "x.com";

    CHECK_EQUAL(matches_for(""), 0);
    CHECK_EQUAL(matches_for("."), 0);
    CHECK_EQUAL(matches_for(".example.com"), 0);
    CHECK_EQUAL(matches_for(NULL), 0);
    CHECK_EQUAL(matches_for(page_end), 10);
    memset(longest, 'a', sizeof(longest));
    memcpy(longest + 249, ".com", 5);
    CHECK_EQUAL(matches_for(longest), 10);
    memset(longest, 'a', sizeof(longest));
    memcpy(longest + 249, ".com.", 6);
    CHECK_EQUAL(matches_for(longest), 10);
    memset(longest, 'a', sizeof(longest));
    memcpy(longest + 250, ".com", 5);
    CHECK_EQUAL(matches_for(longest), 0);
}

static void one_address_of_several_names(void)
{
    const struct policy *policy = compile_text(text);
    struct endpoint to = endpoint("fd00::77", 0);
    uint32_t ids[NAMES_PER_ADDRESS];

    names_learn(policy, "example.com", &to);
    names_learn(policy, "example.com", &to);
    CHECK_EQUAL(matches(policy, "fd00::77"), 1010);
    names_learn(policy, "www.example.com", &to);
    CHECK_EQUAL(matches(policy, "fd00::77"), 1111);
    /* Nothing twice: there are but so many places for an address. */
    CHECK_EQUAL(names_lookup(to.address, ids, NAMES_PER_ADDRESS), 4);
    CHECK_EQUAL(names_lookup(to.address, ids, 2), 2);
    CHECK_EQUAL(matches(policy, "fd00::78"), 0);
    discard(policy);
}

static void old_answers_are_forgotten_and_new_ones_kept(void)
{
    const struct policy *policy = compile_text(text);
    unsigned known = 0;

    for (unsigned i = 0; i < 5000; i++) {
        char address[32];
        struct endpoint to;

        snprintf(address, sizeof(address), "10.1.%u.%u", i / 250, i % 250);
        to = endpoint(address, 0);
        names_learn(policy, "one.example.com", &to);
        CHECK_EQUAL(matches(policy, address), 110);
    }
    for (unsigned i = 0; i < 5000; i++) {
        char address[32];

        snprintf(address, sizeof(address), "10.1.%u.%u", i / 250, i % 250);
        known += matches(policy, address) == 110;
    }
    /* Two entries each in a table of 1024, some sets of which are fuller than others. */
    CHECK(known > 300);
    CHECK(known <= 512);
    discard(policy);
}

static void no_pattern_no_memory(void)
{
    struct endpoint to = endpoint("10.2.2.2", 0);
    uint32_t ids[NAMES_PER_ADDRESS];

    names_learn(policy_builtin, "www.example.com", &to);
    CHECK_EQUAL(names_lookup(to.address, ids, NAMES_PER_ADDRESS), 0);
}

static bool has_siblings(const char *address)
{
    return names_has_siblings(endpoint(address, 0).address);
}

static void addresses_of_one_answer_are_siblings(void)
{
    struct endpoint one = endpoint("198.51.100.1", 0), six = endpoint("2001:db8::1", 0);

    names_learn_siblings(&one, &one);
    CHECK(!has_siblings("198.51.100.1"));
    names_learn_siblings(&one, &six);
    CHECK(has_siblings("198.51.100.1"));
    CHECK(has_siblings("2001:db8::1"));
    CHECK(!has_siblings("198.51.100.2"));
}

static void tries(const char *failed, uint16_t failed_port, const char *next, uint16_t next_port)
{
    struct endpoint from = endpoint(failed, failed_port), to = endpoint(next, next_port);

    names_learn_failure(&from);
    names_learn_attempt(&to);
}

static void turning_to_another_address_is_failing_over(void)
{
    struct endpoint later = endpoint("203.0.113.9", 80);

    tries("203.0.113.1", 80, "203.0.113.1", 80); /* again */
    CHECK(!has_siblings("203.0.113.1"));
    tries("203.0.113.1", 80, "203.0.113.2", 81); /* something else */
    CHECK(!has_siblings("203.0.113.1") && !has_siblings("203.0.113.2"));
    tries("203.0.113.1", 80, "203.0.113.3", 80);
    CHECK(has_siblings("203.0.113.1"));
    CHECK(has_siblings("203.0.113.3"));
    /* That failure has been answered. */
    names_learn_attempt(&later);
    CHECK(!has_siblings("203.0.113.9"));
}

static const struct test_case cases[] = {
    {"patterns", patterns},
    {"letters_and_the_last_dot_do_not_matter", letters_and_the_last_dot_do_not_matter},
    {"odd_names_are_ignored", odd_names_are_ignored},
    {"one_address_of_several_names", one_address_of_several_names},
    {"old_answers_are_forgotten_and_new_ones_kept", old_answers_are_forgotten_and_new_ones_kept},
    {"no_pattern_no_memory", no_pattern_no_memory},
    {"addresses_of_one_answer_are_siblings", addresses_of_one_answer_are_siblings},
    {"turning_to_another_address_is_failing_over", turning_to_another_address_is_failing_over},
};

TEST_MAIN(cases)
