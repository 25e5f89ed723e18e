/* SPDX-License-Identifier: MIT */
#include "policy/names.h"
#include "check.h"
#include "policy/flat.h"
#include "policy/idn.h"
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
        digits = digits * 10 + policy_client(policy, &to, NULL).fastopen;
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
    snprintf(address, sizeof address, "10.0.%u.%u", serial / 256, serial % 256);
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
    memset(longest, 'a', sizeof longest);
    memcpy(longest + 249, ".com", 5);
    CHECK_EQUAL(matches_for(longest), 10);
    memset(longest, 'a', sizeof longest);
    memcpy(longest + 249, ".com.", 6);
    CHECK_EQUAL(matches_for(longest), 10);
    memset(longest, 'a', sizeof longest);
    memcpy(longest + 250, ".com", 5);
    CHECK_EQUAL(matches_for(longest), 0);
}

static void one_address_of_several_names(void)
{
    const struct policy *policy = compile_text(text);
    struct endpoint to = endpoint("fd00::77", 0);
    struct names_of_address names;
    names_learn(policy, "example.com", &to);
    names_learn(policy, "example.com", &to);
    CHECK_EQUAL(matches(policy, "fd00::77"), 1010);
    names_learn(policy, "www.example.com", &to);
    /* What is for both of them. */
    CHECK_EQUAL(matches(policy, "fd00::77"), 10);
    /* Nothing twice: there are but so many places for an address. */
    names_look_up(policy, to.address, &names);
    CHECK_EQUAL(names.count, 2);
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
        snprintf(address, sizeof address, "10.1.%u.%u", i / 250, i % 250);
        to = endpoint(address, 0);
        names_learn(policy, "one.example.com", &to);
        CHECK_EQUAL(matches(policy, address), 110);
    }
    for (unsigned i = 0; i < 5000; i++) {
        char address[32];
        snprintf(address, sizeof address, "10.1.%u.%u", i / 250, i % 250);
        known += matches(policy, address) == 110;
    }
    /* An entry each in a table of 4096, some sets of which are fuller than others. */
    CHECK(known > 3000);
    CHECK(known <= 4096);
    discard(policy);
}

static bool is_on(const struct policy *policy, const char *address)
{
    struct endpoint to = endpoint(address, 443);
    return policy_client(policy, &to, NULL).fastopen;
}

static void learn(const struct policy *policy, const char *name, const char *address)
{
    struct endpoint to = endpoint(address, 0);
    names_learn(policy, name, &to);
}

#define FLOOD 20000

static const char *flooded(unsigned i)
{
    static char address[32];
    snprintf(address, sizeof address, "10.%u.%u.%u", 100 + i / 62500, i / 250 % 250, i % 250);
    return address;
}

static void flood(const struct policy *policy)
{
    for (unsigned i = 0; i < FLOOD; i++) {
        char name[64];
        snprintf(name, sizeof name, "h%u.bank.test", i);
        learn(policy, name, flooded(i));
    }
}

static void what_is_forgotten_is_off(void)
{
    const struct policy *policy =
        compile_text("client = { default = \"on\"; rules = (\n"
                     "  { host = \"*.bank.test\"; fastopen = \"off\"; } ) };");
    unsigned open = 0, others = 0;
    learn(policy, "www.bank.test", "10.3.0.1");
    CHECK(!is_on(policy, "10.3.0.1"));
    flood(policy);
    CHECK(!is_on(policy, "10.3.0.1"));
    for (unsigned i = 0; i < FLOOD; i++)
        open += is_on(policy, flooded(i));
    CHECK_EQUAL(open, 0);
    /* Few of those that no name was looked up for are taken for forgotten ones. */
    for (unsigned i = 0; i < 1000; i++) {
        char address[32];
        snprintf(address, sizeof address, "172.16.%u.%u", i / 250, i % 250);
        others += is_on(policy, address);
    }
    CHECK(others > 900);
    discard(policy);
}

/* An earlier rule decides, whatever the name was. */
static void what_no_name_could_change_stays(void)
{
    const struct policy *policy =
        compile_text("client = { rules = (\n"
                     "  { address = \"10.100.0.0/16\"; port = 443; },\n"
                     "  { host = \"*.bank.test\"; fastopen = \"off\"; },\n"
                     "  { address = \"*\"; } ) };");
    unsigned on = 0;
    flood(policy);
    for (unsigned i = 0; i < FLOOD; i++)
        on += is_on(policy, flooded(i));
    CHECK_EQUAL(on, FLOOD);
    discard(policy);
}

static const char shared_text[] =
    "client = { default = \"off\"; rules = (\n"
    "  { host = \"on.test\"; first_write = \"any\"; min_rtt = 0; lately = 20; },\n"
    "  { host = \"careful.test\"; first_write = \"replay-safe\"; min_rtt = 50; lately = 10; },\n"
    "  { host = \"*.off.test\"; fastopen = \"off\"; },\n"
    "  { host = \"www.first.test\"; },\n"
    "  { host = \"*.first.test\"; fastopen = \"off\"; } ) };";

static void shared_by(const struct policy *policy, const char *address, const char *one,
                      const char *other)
{
    learn(policy, one, address);
    learn(policy, other, address);
}

static void names_that_share_an_address_take_the_stricter_rule(void)
{
    const struct policy *policy = compile_text(shared_text);
    struct endpoint both = endpoint("10.4.0.3", 443);
    struct client_verdict verdict;
    shared_by(policy, "10.4.0.1", "on.test", "x.off.test");
    CHECK(!is_on(policy, "10.4.0.1"));
    shared_by(policy, "10.4.0.2", "x.off.test", "on.test");
    CHECK(!is_on(policy, "10.4.0.2"));
    shared_by(policy, "10.4.0.3", "on.test", "careful.test");
    verdict = policy_client(policy, &both, NULL);
    CHECK(verdict.fastopen);
    CHECK_EQUAL(verdict.first_write, FIRST_WRITE_REPLAY_SAFE);
    CHECK_EQUAL(verdict.min_rtt_us, 50);
    CHECK_EQUAL(verdict.lately_s, 10);
    /* The default is for a name that no rule has. */
    shared_by(policy, "10.4.0.4", "on.test", "elsewhere.test");
    CHECK(!is_on(policy, "10.4.0.4"));
    shared_by(policy, "10.4.0.5", "elsewhere.test", "on.test");
    CHECK(!is_on(policy, "10.4.0.5"));
    discard(policy);
}

static const char *prefixes_of(const struct policy *policy, const char *address, const char *one,
                               const char *other)
{
    struct endpoint at = endpoint(address, 443);
    shared_by(policy, address, one, other);
    return policy_client(policy, &at, NULL).prefixes;
}

/* What one of them does not let into a SYN does not go into it. */
static void names_that_share_an_address_share_no_prefixes(void)
{
    const struct policy *policy =
        compile_text("client = { default = \"off\"; rules = (\n"
                     "  { host = \"any.test\"; },\n"
                     "  { host = \"one.test\"; prefixes = [ \"ONE\", \"TWO\" ]; },\n"
                     "  { host = \"other.test\"; prefixes = [ \"OTHER\" ]; },\n"
                     "  { host = \"safe.test\"; first_write = \"replay-safe\"; } ) };");
    const char *one = prefixes_of(policy, "10.7.0.1", "one.test", "one.test");
    CHECK(one != NULL && strcmp(one, "ONE") == 0 && strcmp(one + 4, "TWO") == 0 && one[8] == '\0');
    CHECK(prefixes_of(policy, "10.7.0.2", "any.test", "one.test") == one);
    CHECK(prefixes_of(policy, "10.7.0.3", "one.test", "any.test") == one);
    CHECK(prefixes_of(policy, "10.7.0.4", "one.test", "other.test") == NULL);
    CHECK(prefixes_of(policy, "10.7.0.5", "one.test", "safe.test") == NULL);
    CHECK(prefixes_of(policy, "10.7.0.6", "safe.test", "one.test") == NULL);
    discard(policy);
}

static void one_name_takes_the_first_of_its_rules(void)
{
    const struct policy *policy = compile_text(shared_text);
    learn(policy, "www.first.test", "10.5.0.1");
    CHECK(is_on(policy, "10.5.0.1"));
    learn(policy, "a.first.test", "10.5.0.1");
    CHECK(!is_on(policy, "10.5.0.1"));
    discard(policy);
}

/* Programs look an address up that they have from a name. */
static void an_address_in_digits_is_no_name(void)
{
    const struct policy *policy = compile_text(shared_text);
    shared_by(policy, "10.6.0.1", "on.test", "10.6.0.1");
    CHECK(is_on(policy, "10.6.0.1"));
    shared_by(policy, "fd00::6:1", "on.test", "fd00::6:1");
    CHECK(is_on(policy, "fd00::6:1"));
    shared_by(policy, "10.6.0.2", "on.test", "0xa060002");
    CHECK(is_on(policy, "10.6.0.2"));
    discard(policy);
}

static const struct policy *policy_for(const char *host, const char *rest)
{
    char rules[200];
    snprintf(rules, sizeof rules,
             "client = { default = \"off\"; rules = ( { host = \"%s\"; %s } ); };", host, rest);
    return compile_text(rules);
}

/* Names are learned by patterns: whoever has others does not know what was known by them. */
static void other_patterns_forget_until_the_next_look_up(void)
{
    const struct policy *one = policy_for("*.one.test", ""), *two = policy_for("*.two.test", "");
    const struct endpoint to = endpoint("10.7.0.1", 0), other = endpoint("10.7.0.2", 0);
    names_follow(one);
    names_learn(one, "www.one.test", &to);
    names_learn(one, "www.two.test", &other);
    CHECK(policy_client(one, &to, NULL).fastopen);
    CHECK(!policy_client(one, &other, NULL).fastopen);
    names_follow(two);
    CHECK(policy_client(two, &to, NULL).forgotten);
    CHECK(policy_client(two, &other, NULL).forgotten);
    names_learn(two, "www.two.test", &other);
    CHECK(policy_client(two, &other, NULL).fastopen);
    CHECK(policy_client(two, &to, NULL).forgotten);
    /* Back again, what was known is. */
    names_follow(one);
    CHECK(policy_client(one, &to, NULL).fastopen);
    CHECK(!policy_client(one, &other, NULL).fastopen);
    CHECK(!policy_client(one, &other, NULL).forgotten);
    discard(one);
    discard(two);
}

static void the_same_patterns_know_the_same_names(void)
{
    const struct policy *one = policy_for("*.one.test", "fastopen = \"off\";");
    const struct policy *two = policy_for("*.one.test", "port = 7;");
    const struct endpoint to = endpoint("fd00::7:1", 7);
    names_follow(one);
    names_learn(one, "www.one.test", &to);
    CHECK(!policy_client(one, &to, NULL).fastopen);
    names_follow(two);
    CHECK(policy_client(two, &to, NULL).fastopen);
    discard(one);
    discard(two);
}

/* It was looked up when nobody asked for names. */
static void the_first_patterns_do_not_know_earlier_names(void)
{
    const struct endpoint to = endpoint("10.7.0.3", 0), never = endpoint("10.7.0.4", 0);
    names_follow(policy_builtin);
    names_learn(policy_builtin, "www.one.test", &to);
    /* However many others come in between. */
    for (int i = 0; i < 3; i++) {
        const struct policy *policy;
        char host[32];
        snprintf(host, sizeof host, "%d.test", i);
        policy = policy_for(host, "");
        CHECK(policy_client(policy, &to, NULL).forgotten);
        CHECK(!policy_client(policy, &never, NULL).forgotten);
        discard(policy);
    }
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
    {"the_first_patterns_do_not_know_earlier_names", the_first_patterns_do_not_know_earlier_names},
    {"patterns", patterns},
    {"letters_and_the_last_dot_do_not_matter", letters_and_the_last_dot_do_not_matter},
    {"odd_names_are_ignored", odd_names_are_ignored},
    {"one_address_of_several_names", one_address_of_several_names},
    {"old_answers_are_forgotten_and_new_ones_kept", old_answers_are_forgotten_and_new_ones_kept},
    {"what_is_forgotten_is_off", what_is_forgotten_is_off},
    {"what_no_name_could_change_stays", what_no_name_could_change_stays},
    {"names_that_share_an_address_share_no_prefixes",
     names_that_share_an_address_share_no_prefixes},
    {"names_that_share_an_address_take_the_stricter_rule",
     names_that_share_an_address_take_the_stricter_rule},
    {"one_name_takes_the_first_of_its_rules", one_name_takes_the_first_of_its_rules},
    {"an_address_in_digits_is_no_name", an_address_in_digits_is_no_name},
    {"other_patterns_forget_until_the_next_look_up", other_patterns_forget_until_the_next_look_up},
    {"the_same_patterns_know_the_same_names", the_same_patterns_know_the_same_names},
    {"addresses_of_one_answer_are_siblings", addresses_of_one_answer_are_siblings},
    {"turning_to_another_address_is_failing_over", turning_to_another_address_is_failing_over},
};

TEST_MAIN(cases)
