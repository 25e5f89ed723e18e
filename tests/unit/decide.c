/* SPDX-License-Identifier: MIT */
#include "check.h"
#include "policy/flat.h"
#include "policy_text.h"

static bool client_on(const struct policy *policy, const char *address, uint16_t port)
{
    struct endpoint to = endpoint(address, port);

    return policy_client(policy, &to).fastopen;
}

static void builtin_is_on_and_careful(void)
{
    struct endpoint somewhere = endpoint("192.0.2.1", 80);
    struct client_verdict client = policy_client(policy_builtin, &somewhere);
    struct server_verdict server = policy_server(policy_builtin, &somewhere);

    CHECK(policy_is_usable(policy_builtin));
    CHECK(client.fastopen);
    CHECK_EQUAL(client.first_write, FIRST_WRITE_REPLAY_SAFE);
    CHECK_EQUAL(client.line, 0);
    CHECK(client.file == NULL);
    CHECK(server.fastopen);
    CHECK_EQUAL(server.queue, 0);
    CHECK_EQUAL(policy_log_level(policy_builtin), LOG_WARN);
    CHECK_STRING(policy_log_to(policy_builtin), "stderr");
    CHECK(policy_path(policy_builtin) == NULL);
}

static void empty_file_is_off(void)
{
    const struct policy *policy = compile_text("");
    struct endpoint somewhere = endpoint("192.0.2.1", 80);

    CHECK(!policy_client(policy, &somewhere).fastopen);
    CHECK(!policy_server(policy, &somewhere).fastopen);
    CHECK_EQUAL(policy_log_level(policy), LOG_WARN);
    CHECK_STRING(policy_log_to(policy), "stderr");
    CHECK(strncmp(policy_path(policy), "/proc/self/fd/", 14) == 0);
    discard(policy);
}

static void defaults_serve_where_no_rule_does(void)
{
    const struct policy *policy = compile_text("client = { default = \"on\"; };\n"
                                               "server = { default = \"on\"; };\n"
                                               "log = { level = \"debug\"; to = \"/tmp/l\"; };");
    struct endpoint somewhere = endpoint("192.0.2.1", 80);

    CHECK(policy_client(policy, &somewhere).fastopen);
    CHECK_EQUAL(policy_client(policy, &somewhere).first_write, FIRST_WRITE_REPLAY_SAFE);
    CHECK_EQUAL(policy_client(policy, &somewhere).line, 0);
    CHECK(policy_server(policy, &somewhere).fastopen);
    CHECK_EQUAL(policy_server(policy, &somewhere).queue, 0);
    CHECK_EQUAL(policy_log_level(policy), LOG_DEBUG);
    CHECK_STRING(policy_log_to(policy), "/tmp/l");
    discard(policy);
    policy = compile_text("client = { default = \"on\"; first_write = \"any\"; };");
    CHECK_EQUAL(policy_client(policy, &somewhere).first_write, FIRST_WRITE_ANY);
    discard(policy);
}

static void verdict_is_the_rules(void)
{
    const struct policy *policy =
        compile_text("client = { rules = (\n"
                     "  { address = \"10.0.0.0/8\"; port = 80; first_write = \"replay-safe\"; },\n"
                     "  { address = \"10.0.0.0/8\"; }\n"
                     ") };\n"
                     "server = { rules = ( { port = 80; queue = 256; } ) };");
    struct endpoint web = endpoint("10.1.1.1", 80), other = endpoint("10.1.1.1", 81);
    struct client_verdict first = policy_client(policy, &web);
    struct server_verdict server = policy_server(policy, &web);

    CHECK(first.fastopen);
    CHECK_EQUAL(first.first_write, FIRST_WRITE_REPLAY_SAFE);
    CHECK_EQUAL(first.line, 2);
    CHECK_STRING(first.file, policy_path(policy));
    CHECK_EQUAL(policy_client(policy, &other).line, 3);
    CHECK_EQUAL(policy_client(policy, &other).first_write, FIRST_WRITE_ANY);
    CHECK(server.fastopen);
    CHECK_EQUAL(server.queue, 256);
    CHECK_EQUAL(server.line, 5);
    CHECK(!policy_server(policy, &other).fastopen);
    discard(policy);
}

static void first_rule_wins(void)
{
    const struct policy *policy =
        compile_text("client = { default = \"on\"; rules = (\n"
                     "  { address = \"10.1.0.0/16\"; port = \"100-199\"; fastopen = \"off\"; },\n"
                     "  { address = \"10.0.0.0/8\"; port = [ 150, 250 ]; },\n"
                     "  { address = \"10.1.0.0/16\"; fastopen = \"off\"; },\n"
                     "  { fastopen = \"on\"; port = 250; }\n"
                     ") };");

    CHECK(!client_on(policy, "10.1.0.1", 150));
    CHECK(client_on(policy, "10.2.0.1", 150));
    CHECK(client_on(policy, "10.1.0.1", 250));
    CHECK(!client_on(policy, "10.1.0.1", 251));
    CHECK(client_on(policy, "10.2.0.1", 251));
    CHECK(client_on(policy, "fd00::1", 250));
    discard(policy);
}

static void families_are_apart(void)
{
    const struct policy *policy =
        compile_text("client = { rules = (\n"
                     "  { address = \"0.0.0.0/0\"; port = 4; },\n"
                     "  { address = \"::/0\"; port = 6; },\n"
                     "  { address = \"::ffff:10.0.0.0/104\"; port = 1; },\n"
                     "  { address = \"10.0.0.0/8\"; port = 2; },\n"
                     "  { address = \"*\"; port = 46; }\n"
                     ") };");

    CHECK(client_on(policy, "10.0.0.1", 4));
    CHECK(client_on(policy, "::ffff:10.0.0.1", 4));
    CHECK(!client_on(policy, "fd00::1", 4));
    CHECK(!client_on(policy, "10.0.0.1", 6));
    CHECK(!client_on(policy, "::ffff:10.0.0.1", 6));
    CHECK(client_on(policy, "fd00::1", 6));
    CHECK(client_on(policy, "10.0.0.1", 1));
    CHECK(client_on(policy, "::ffff:10.0.0.1", 2));
    CHECK(!client_on(policy, "11.0.0.1", 2));
    CHECK(client_on(policy, "10.0.0.1", 46));
    CHECK(client_on(policy, "fd00::1", 46));
    discard(policy);
}

static void rules_of_other_programs_are_left_out(void)
{
    static const char text[] = "client = { rules = (\n"
                               "  { program = [ \"one\", \"two\" ]; port = 1; },\n"
                               "  { program = \"three\"; port = 2; },\n"
                               "  { port = 3; }\n"
                               ") };";
    const struct policy *policy = compile_text_for(text, "two", NULL);

    CHECK(client_on(policy, "10.0.0.1", 1));
    CHECK(!client_on(policy, "10.0.0.1", 2));
    CHECK(client_on(policy, "10.0.0.1", 3));
    discard(policy);
    policy = compile_text_for(text, "link-to-three", "three");
    CHECK(!client_on(policy, "10.0.0.1", 1));
    CHECK(client_on(policy, "10.0.0.1", 2));
    discard(policy);
    policy = compile_text_for(text, NULL, NULL);
    CHECK(!client_on(policy, "10.0.0.1", 1));
    CHECK(!client_on(policy, "10.0.0.1", 2));
    CHECK(client_on(policy, "10.0.0.1", 3));
    discard(policy);
}

static struct client_verdict verdict_of(const struct policy *policy, const char *address,
                                        uint16_t port)
{
    struct endpoint to = endpoint(address, port);

    return policy_client(policy, &to);
}

static void the_least_round_trip_is_inherited(void)
{
    const struct policy *policy = compile_text("client = { min_rtt = 7; rules = (\n"
                                               "  { port = 1; }, { port = 2; min_rtt = 0; },\n"
                                               "  { port = 3; min_rtt = 60000000; } ); };");

    CHECK_EQUAL(verdict_of(policy, "192.0.2.1", 1).min_rtt_us, 7);
    CHECK_EQUAL(verdict_of(policy, "192.0.2.1", 2).min_rtt_us, 0);
    CHECK_EQUAL(verdict_of(policy, "192.0.2.1", 3).min_rtt_us, 60000000);
    CHECK_EQUAL(verdict_of(policy, "192.0.2.1", 4).min_rtt_us, 7);
    discard(policy);
    policy = compile_text("");
    CHECK_EQUAL(verdict_of(policy, "192.0.2.1", 1).min_rtt_us, POLICY_MIN_RTT_US);
    discard(policy);
    CHECK_EQUAL(verdict_of(policy_builtin, "192.0.2.1", 1).min_rtt_us, POLICY_MIN_RTT_US);
}

static bool names_loopback(const char *addresses)
{
    char text[256];
    const struct policy *policy;
    bool names;

    snprintf(text, sizeof(text), "client = { rules = ( { port = 1; address = %s; } ); };",
             addresses);
    policy = compile_text(text);
    names = verdict_of(policy, "127.0.0.1", 1).names_loopback ||
            verdict_of(policy, "::1", 1).names_loopback;
    CHECK(!verdict_of(policy, "192.0.2.1", 2).names_loopback);
    discard(policy);
    return names;
}

static void loopback_is_named_by_its_own_addresses(void)
{
    CHECK(names_loopback("\"127.0.0.1\""));
    CHECK(names_loopback("\"127.0.0.0/8\""));
    CHECK(names_loopback("\"127.0.0.0/24\""));
    CHECK(names_loopback("\"::ffff:127.0.0.0/104\""));
    CHECK(names_loopback("\"::1\""));
    CHECK(names_loopback("[ \"*\", \"::1/128\" ]"));
    CHECK(!names_loopback("\"*\""));
    CHECK(!names_loopback("\"0.0.0.0/0\""));
    CHECK(!names_loopback("\"126.0.0.0/7\""));
    CHECK(!names_loopback("[ \"::/0\", \"::/127\", \"::\" ]"));
}

static const struct test_case cases[] = {
    {"builtin_is_on_and_careful", builtin_is_on_and_careful},
    {"empty_file_is_off", empty_file_is_off},
    {"defaults_serve_where_no_rule_does", defaults_serve_where_no_rule_does},
    {"verdict_is_the_rules", verdict_is_the_rules},
    {"first_rule_wins", first_rule_wins},
    {"families_are_apart", families_are_apart},
    {"rules_of_other_programs_are_left_out", rules_of_other_programs_are_left_out},
    {"the_least_round_trip_is_inherited", the_least_round_trip_is_inherited},
    {"loopback_is_named_by_its_own_addresses", loopback_is_named_by_its_own_addresses},
};

TEST_MAIN(cases)
