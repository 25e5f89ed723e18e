/* SPDX-License-Identifier: MIT */
#include "check.h"
#include "policy/flat.h"
#include "policy_text.h"

static bool client_on(const struct policy *policy, const char *address, uint16_t port)
{
    struct endpoint to = endpoint(address, port);
    return policy_client(policy, &to, NULL).fastopen;
}

static void builtin_is_on_and_careful(void)
{
    struct endpoint somewhere = endpoint("192.0.2.1", 80);
    struct client_verdict client = policy_client(policy_builtin, &somewhere, NULL);
    struct server_verdict server = policy_server(policy_builtin, &somewhere, NULL);
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
    CHECK(!policy_client(policy, &somewhere, NULL).fastopen);
    CHECK(!policy_server(policy, &somewhere, NULL).fastopen);
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
    CHECK(policy_client(policy, &somewhere, NULL).fastopen);
    CHECK_EQUAL(policy_client(policy, &somewhere, NULL).first_write, FIRST_WRITE_REPLAY_SAFE);
    CHECK_EQUAL(policy_client(policy, &somewhere, NULL).line, 0);
    CHECK(policy_server(policy, &somewhere, NULL).fastopen);
    CHECK_EQUAL(policy_server(policy, &somewhere, NULL).queue, 0);
    CHECK_EQUAL(policy_log_level(policy), LOG_DEBUG);
    CHECK_STRING(policy_log_to(policy), "/tmp/l");
    discard(policy);
    policy = compile_text("client = { default = \"on\"; first_write = \"any\"; };");
    CHECK_EQUAL(policy_client(policy, &somewhere, NULL).first_write, FIRST_WRITE_ANY);
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
    struct client_verdict first = policy_client(policy, &web, NULL);
    struct server_verdict server = policy_server(policy, &web, NULL);
    CHECK(first.fastopen);
    CHECK_EQUAL(first.first_write, FIRST_WRITE_REPLAY_SAFE);
    CHECK_EQUAL(first.line, 2);
    CHECK_STRING(first.file, policy_path(policy));
    CHECK_EQUAL(policy_client(policy, &other, NULL).line, 3);
    CHECK_EQUAL(policy_client(policy, &other, NULL).first_write, FIRST_WRITE_ANY);
    CHECK(server.fastopen);
    CHECK_EQUAL(server.queue, 256);
    CHECK_EQUAL(server.line, 5);
    CHECK(!policy_server(policy, &other, NULL).fastopen);
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

/* The ports from 1 to 9 that are on for it, as digits. */
static unsigned ports_on(const char *text, const struct policy_subject *subject)
{
    const struct policy *policy = compile_text_for(text, subject);
    unsigned digits = 0;
    for (uint16_t port = 1; port <= 9; port++)
        if (client_on(policy, "10.0.0.1", port))
            digits = digits * 10 + port;
    discard(policy);
    return digits;
}

static void rules_of_other_programs_are_left_out(void)
{
    static const char text[] = "client = { rules = (\n"
                               "  { program = [ \"one\", \"two\" ]; port = 1; },\n"
                               "  { program = \"t*ee\"; port = 2; },\n"
                               "  { program = \"/opt/*/three\"; port = 3; },\n"
                               "  { program = \"*\"; port = 4; },\n"
                               "  { port = 5; }\n"
                               ") };";
    const struct policy_subject nameless = {.program = "", .executable = ""};
    CHECK_EQUAL(ports_on(text, &(struct policy_subject){.program = "two"}), 145);
    CHECK_EQUAL(ports_on(text, &(struct policy_subject){"link", "/opt/a/b/three", 0, NULL}), 2345);
    CHECK_EQUAL(ports_on(text, &(struct policy_subject){"three", "/opt/three", 0, NULL}), 245);
    CHECK_EQUAL(ports_on(text, &(struct policy_subject){"tree", "/opt/a/three/b", 0, NULL}), 245);
    CHECK_EQUAL(ports_on(text, &(struct policy_subject){"threes", "/opt/a/threes", 0, NULL}), 45);
    CHECK_EQUAL(ports_on(text, &nameless), 5);
    CHECK_EQUAL(ports_on(text, NULL), 5);
}

static void so_are_those_of_other_users(void)
{
    static const char text[] = "client = { rules = (\n"
                               "  { user = \"root\"; port = 1; },\n"
                               "  { user = ( 33, \"4000000000\" ); port = 2; },\n"
                               "  { user = \"nobody-of-that-name\"; port = 3; },\n"
                               "  { user = 0; program = \"one\"; port = 4; },\n"
                               "  { port = 5; }\n"
                               ") };";
    CHECK_EQUAL(ports_on(text, &(struct policy_subject){.user = 0}), 15);
    CHECK_EQUAL(ports_on(text, &(struct policy_subject){.user = 0, .program = "one"}), 145);
    CHECK_EQUAL(ports_on(text, &(struct policy_subject){.user = 33, .program = "one"}), 25);
    CHECK_EQUAL(ports_on(text, &(struct policy_subject){.user = 4000000000u}), 25);
    CHECK_EQUAL(ports_on(text, &(struct policy_subject){.user = 3}), 5);
    CHECK_EQUAL(ports_on(text, NULL), 5);
}

static const char *cgroups;

static const char *tell_cgroups(void)
{
    return cgroups;
}

static unsigned ports_in(const char *text, const char *groups)
{
    const struct policy_subject subject = {.cgroups = tell_cgroups};
    cgroups = groups;
    return ports_on(text, &subject);
}

static void and_of_other_units(void)
{
    static const char text[] = "client = { rules = (\n"
                               "  { unit = \"web.service\"; port = 1; },\n"
                               "  { unit = [ \"job@*.service\", \"*.scope\" ]; port = 2; },\n"
                               "  { unit = \"system.slice\"; port = 3; },\n"
                               "  { unit = \"cpu.service\"; port = 4; },\n"
                               "  { unit = \"*\"; port = 5; },\n"
                               "  { port = 6; }\n"
                               ") };";
    CHECK_EQUAL(ports_in(text, "0::/system.slice/web.service\n"), 1356);
    CHECK_EQUAL(ports_in(text, "0::/system.slice/web.service/worker"), 1356);
    CHECK_EQUAL(ports_in(text, "0::/system.slice/system-job.slice/job@7.service\n"), 2356);
    CHECK_EQUAL(ports_in(text, "0::/user.slice/user-0.slice/session-1.scope\n"), 256);
    CHECK_EQUAL(ports_in(text, "0::/system.slice/_cpu.service\n"), 3456);
    CHECK_EQUAL(ports_in(text, "0::/other.slice/old-web.service\n"), 56);
    CHECK_EQUAL(ports_in(text, "0::/other.slice/web.service:1\n"), 56);
    /* The first version: systemd's own hierarchy counts, others do not. */
    CHECK_EQUAL(ports_in(text, "3:cpu,cpuacct:/web.service\n1:name=systemd:/system.slice/a.scope\n"
                               "0::/\n"),
                2356);
    CHECK_EQUAL(ports_in(text, "3:cpu,cpuacct:/web.service\n"), 6);
    /* In a namespace of its own a container sees none, and where it cannot be read neither. */
    CHECK_EQUAL(ports_in(text, "0::/\n"), 6);
    CHECK_EQUAL(ports_in(text, ""), 6);
    CHECK_EQUAL(ports_in(text, "0:"), 6);
    CHECK_EQUAL(ports_in(text, "\n\n"), 6);
    CHECK_EQUAL(ports_on(text, &(struct policy_subject){.user = 1}), 6);
}

static struct client_verdict verdict_of(const struct policy *policy, const char *address,
                                        uint16_t port)
{
    struct endpoint to = endpoint(address, port);
    return policy_client(policy, &to, NULL);
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
    snprintf(text, sizeof text, "client = { rules = ( { port = 1; address = %s; } ); };",
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
    {"so_are_those_of_other_users", so_are_those_of_other_users},
    {"and_of_other_units", and_of_other_units},
    {"the_least_round_trip_is_inherited", the_least_round_trip_is_inherited},
    {"loopback_is_named_by_its_own_addresses", loopback_is_named_by_its_own_addresses},
};

TEST_MAIN(cases)
