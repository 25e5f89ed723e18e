/* SPDX-License-Identifier: MIT */
/* Whether a connect opens fast, and why not: each reason, and which of two comes first. */
#include "decision/decision.h"
#include "check.h"
#include "kernel/tcp.h"
#include "memory_keys.h"
#include "policy/names.h"
#include "policy_text.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

static const struct policy *policy;

static void with_policy(const char *text)
{
    if (policy)
        discard(policy);
    policy = compile_text(text);
    start_afresh();
}

static enum decision_reason reason(void)
{
    return decide_client(policy, &to, NULL).reason;
}

static bool asks_cookie(void)
{
    return decide_client(policy, &to, NULL).asks_cookie;
}

static void connected_at(uint32_t min_rtt_us, bool local)
{
    struct memory_handshake handshake = {
        .rtt_us = 2 * min_rtt_us, .min_rtt_us = min_rtt_us, .room = 1420, .local = local};
    memory_connected(&to, &handshake);
}

static void learn_twice(enum memory_lesson lesson)
{
    memory_learn(&to, lesson);
    memory_learn(&to, lesson);
}

#define ON "client = { default = \"on\"; };"
#define OPEN_GATE "client = { default = \"on\"; first_contact = \"defer\"; };"

static void off_unless_a_rule_says_so(void)
{
    with_policy("client = { rules = ( { address = \"192.0.2.2\"; fastopen = \"off\"; } ); };");
    connected_at(50000, false);
    CHECK_EQUAL(reason(), DECISION_NO_RULE);
    CHECK(!asks_cookie());
    to = test_destination("192.0.2.2", 443);
    CHECK_EQUAL(reason(), DECISION_NO_RULE);
}

static void the_first_contact_asks_for_a_cookie(void)
{
    struct decision decision;
    with_policy(ON);
    CHECK_EQUAL(reason(), DECISION_FIRST_CONTACT);
    CHECK(asks_cookie());
    connected_at(50000, false);
    decision = decide_client(policy, &to, NULL);
    CHECK_EQUAL(decision.reason, DECISION_DEFER);
    CHECK(!decision.asks_cookie);
    CHECK_EQUAL(decision.rtt_us, 100000);
    CHECK_EQUAL(decision.room, 1420);
    CHECK_EQUAL(decision.verdict.first_write, FIRST_WRITE_REPLAY_SAFE);
    test_time += POLICY_LATELY_S;
    CHECK_EQUAL(reason(), DECISION_DEFER);
    test_time++;
    CHECK_EQUAL(reason(), DECISION_FIRST_CONTACT);
    with_policy(OPEN_GATE);
    CHECK_EQUAL(reason(), DECISION_DEFER);
}

static void a_minute_where_there_are_others(void)
{
    struct endpoint one = test_endpoint("192.0.2.1", 443), other = test_endpoint("192.0.2.77", 443);
    with_policy(ON);
    connected_at(50000, false);
    names_learn_siblings(&one, &one);
    test_time += DECISION_LATELY_SIBLINGS_S + 1;
    CHECK_EQUAL(reason(), DECISION_DEFER);
    names_learn_siblings(&one, &other);
    CHECK_EQUAL(reason(), DECISION_FIRST_CONTACT);
    connected_at(50000, false);
    test_time += DECISION_LATELY_SIBLINGS_S;
    CHECK_EQUAL(reason(), DECISION_DEFER);
}

static void how_late_is_the_rules_to_say(void)
{
    struct endpoint one = test_endpoint("192.0.2.50", 443),
                    other = test_endpoint("192.0.2.78", 443);
    with_policy("client = { default = \"on\"; lately = 7200; rules = (\n"
                "  { port = 444; lately = 30; }, { port = 445; } ); };");
    to = test_destination("192.0.2.50", 443);
    connected_at(50000, false);
    test_time += 7200;
    CHECK_EQUAL(reason(), DECISION_DEFER);
    test_time++;
    CHECK_EQUAL(reason(), DECISION_FIRST_CONTACT);
    to = test_destination("192.0.2.50", 445);
    connected_at(50000, false);
    test_time += 7200;
    CHECK_EQUAL(reason(), DECISION_DEFER);
    /* One that has others is seen to be dead after a minute all the same, or sooner. */
    names_learn_siblings(&one, &other);
    CHECK_EQUAL(reason(), DECISION_FIRST_CONTACT);
    to = test_destination("192.0.2.50", 444);
    connected_at(50000, false);
    test_time += 30;
    CHECK_EQUAL(reason(), DECISION_DEFER);
    test_time++;
    CHECK_EQUAL(reason(), DECISION_FIRST_CONTACT);
}

static void what_has_just_refused_is_connected_to(void)
{
    const char *const texts[] = {ON, OPEN_GATE};
    for (size_t i = 0; i < 2; i++) {
        with_policy(texts[i]);
        memory_struck(&to, false);
        CHECK_EQUAL(reason(), DECISION_REFUSED);
        CHECK(!asks_cookie());
        connected_at(50000, false);
        CHECK_EQUAL(reason(), DECISION_DEFER);
        memory_struck(&to, false);
        CHECK_EQUAL(reason(), DECISION_REFUSED);
        test_time += MEMORY_REFUSED_S;
        CHECK_EQUAL(reason(), i == 0 ? DECISION_FIRST_CONTACT : DECISION_DEFER);
    }
}

static void what_has_not_answered_is_connected_to(void)
{
    const char *const texts[] = {ON, OPEN_GATE};
    for (size_t i = 0; i < 2; i++) {
        with_policy(texts[i]);
        connected_at(50000, false);
        memory_syn_left(&to);
        CHECK_EQUAL(reason(), DECISION_DEFER);
        test_time += MEMORY_ANSWER_S;
        CHECK_EQUAL(reason(), DECISION_UNANSWERED);
        CHECK(!asks_cookie());
        connected_at(50000, false);
        CHECK_EQUAL(reason(), DECISION_DEFER);
    }
}

static void connects_are_plain_while_backed_off(void)
{
    with_policy(ON);
    memory_cookie_request_lost(&to);
    CHECK_EQUAL(reason(), DECISION_BACKED_OFF);
    CHECK(!asks_cookie());
    test_time += MEMORY_BACKOFF_LEAST_S;
    CHECK_EQUAL(reason(), DECISION_FIRST_CONTACT);
    CHECK(asks_cookie());
    /* Whoever waives the first contact does not mean such paths. */
    with_policy(OPEN_GATE);
    CHECK_EQUAL(reason(), DECISION_DEFER);
    memory_cookie_request_lost(&to);
    CHECK_EQUAL(reason(), DECISION_BACKED_OFF);
}

static void what_was_learned_is_not_deferred(void)
{
    static const enum decision_reason reasons[MEMORY_LESSONS] = {
        [MEMORY_READS_FIRST] = DECISION_READS_FIRST,
        [MEMORY_WRITES_UNFIT] = DECISION_WRITES_UNFIT,
        [MEMORY_NEVER_READS] = DECISION_NEVER_READS,
        [MEMORY_COSTS_A_WAIT] = DECISION_COSTS_A_WAIT,
    };
    for (int lesson = 0; lesson < MEMORY_LESSONS; lesson++) {
        with_policy(OPEN_GATE);
        memory_learn(&to, (enum memory_lesson)lesson);
        CHECK_EQUAL(reason(), DECISION_DEFER);
        memory_learn(&to, (enum memory_lesson)lesson);
        CHECK_EQUAL(reason(), reasons[lesson]);
        CHECK(!asks_cookie());
        memory_set_up_alone(TEST_PROGRAM + 1);
        CHECK_EQUAL(reason(), DECISION_DEFER);
    }
}

static void too_near_gains_nothing(void)
{
    with_policy(ON);
    connected_at(99, false);
    CHECK_EQUAL(reason(), DECISION_SHORT);
    CHECK(!asks_cookie());
    /* As long as its handshake counts; and then it is looked at again, without asking. */
    test_time += POLICY_LATELY_S + 1;
    CHECK_EQUAL(reason(), DECISION_FIRST_CONTACT);
    CHECK(!asks_cookie());
    with_policy(ON);
    connected_at(100, false);
    CHECK_EQUAL(reason(), DECISION_DEFER);
    with_policy(ON);
    connected_at(0, false);
    CHECK_EQUAL(reason(), DECISION_DEFER);
    with_policy("client = { default = \"on\"; rules = ( { port = 443; min_rtt = 2000; } ); };");
    connected_at(1999, false);
    CHECK_EQUAL(reason(), DECISION_SHORT);
    with_policy("client = { default = \"on\"; min_rtt = 50; };");
    connected_at(99, false);
    CHECK_EQUAL(reason(), DECISION_DEFER);
}

static void the_machine_itself_gains_nothing(void)
{
    static const char *const own[] = {"127.0.0.1", "127.255.1.2", "::1", "0.0.0.0", "::"};
    for (size_t i = 0; i < sizeof own / sizeof own[0]; i++) {
        with_policy(OPEN_GATE);
        to = test_destination(own[i], 443);
        CHECK_EQUAL(reason(), DECISION_LOCAL);
        CHECK(!asks_cookie());
        memory_struck(&to, false);
        CHECK_EQUAL(reason(), DECISION_LOCAL);
    }
    /* Its other addresses are known by their first contact. */
    with_policy(ON);
    connected_at(5000, true);
    CHECK_EQUAL(reason(), DECISION_LOCAL);
    with_policy("client = { default = \"on\"; rules = ( { address = [ \"*\", \"0.0.0.0/0\" ]; }, "
                "{ address = \"::/0\"; } ); };");
    to = test_destination("127.0.0.1", 443);
    CHECK_EQUAL(reason(), DECISION_LOCAL);
    to = test_destination("::1", 443);
    CHECK_EQUAL(reason(), DECISION_LOCAL);
}

/* ---- the machine itself, asked for ---- */

/* A listener of the loopback network, which is what the connect is to. */
static int listen_somewhere(const char *address)
{
    struct sockaddr_storage storage;
    struct endpoint endpoint = test_endpoint(address, 0);
    socklen_t length = endpoint_to_sockaddr(&endpoint, &storage);
    int fd = socket(storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    CHECK(fd >= 0 && bind(fd, (struct sockaddr *)&storage, length) == 0 && listen(fd, 1) == 0);
    CHECK(getsockname(fd, (struct sockaddr *)&storage, &length) == 0);
    to = test_destination(address, 0);
    CHECK(endpoint_from_sockaddr(&to.endpoint, (struct sockaddr *)&storage, length));
    to.netns = tcp_netns_cookie(fd);
    return fd;
}

static void is_asked_for(const char *text, const char *address)
{
    int fd;
    with_policy(text);
    fd = listen_somewhere(address);
    CHECK_EQUAL(reason(), DECISION_FIRST_CONTACT);
    CHECK(asks_cookie());
    connected_at(20, true);
    CHECK_EQUAL(reason(), DECISION_DEFER);
    close(fd);
    CHECK_EQUAL(reason(), DECISION_NOBODY_LISTENS);
    CHECK(!asks_cookie());
}

static void a_connect_to_the_wildcard_is_one_to_loopback(const char *loopback, const char *wildcard)
{
    int fd;
    with_policy("client = { default = \"on\"; min_rtt = 0; };");
    fd = listen_somewhere(loopback);
    memcpy(to.endpoint.address, test_endpoint(wildcard, 0).address, sizeof to.endpoint.address);
    connected_at(20, true);
    CHECK_EQUAL(reason(), DECISION_DEFER);
    close(fd);
    CHECK_EQUAL(reason(), DECISION_NOBODY_LISTENS);
}

static void the_machine_itself_can_be_asked_for(void)
{
    static const char by_name[] =
        "client = { default = \"on\"; rules = ( "
        "{ address = [ \"10.0.0.0/8\", \"127.0.0.1\", \"127.8.0.0/16\", \"::1\" ]; } ); };";
    static const char by_rtt[] = "client = { default = \"on\"; min_rtt = 0; };";
    is_asked_for(by_name, "127.0.0.1");
    is_asked_for(by_name, "127.8.1.2");
    is_asked_for(by_name, "::1");
    is_asked_for("client = { rules = ( { address = \"127.0.0.0/8\"; } ); };", "127.3.4.5");
    a_connect_to_the_wildcard_is_one_to_loopback("127.0.0.1", "0.0.0.0");
    a_connect_to_the_wildcard_is_one_to_loopback("::1", "::");
    is_asked_for(by_rtt, "127.0.0.1");
    is_asked_for(by_rtt, "::1");
    /* Whoever waives the first contact does not want the kernel asked either. */
    with_policy("client = { default = \"on\"; first_contact = \"defer\"; min_rtt = 0; };");
    to = test_destination("127.0.0.1", 1);
    CHECK_EQUAL(reason(), DECISION_DEFER);
    /* A rule that names it is no leave for neighbours. */
    with_policy(by_name);
    to = test_destination("10.0.0.9", 443);
    connected_at(20, false);
    CHECK_EQUAL(reason(), DECISION_SHORT);
}

static void what_may_be_for_an_interface_is_not_deferred(void)
{
    with_policy("client = { default = \"on\"; first_contact = \"defer\"; rules = (\n"
                "  { port = 444; }, { interface = \"wg*\"; port = [ 443, 444 ]; } ) };");
    to = test_destination("192.0.2.1", 443);
    CHECK_EQUAL(reason(), DECISION_NO_INTERFACE);
    CHECK(!asks_cookie());
    /* Where another rule comes first, or none is for it, nobody need be asked. */
    to = test_destination("192.0.2.1", 444);
    CHECK_EQUAL(reason(), DECISION_DEFER);
    to = test_destination("192.0.2.1", 445);
    CHECK_EQUAL(reason(), DECISION_DEFER);
}

static void a_link_local_address_is_nobodys(void)
{
    with_policy(OPEN_GATE);
    to = test_destination("fe80::1", 80);
    connected_at(50000, false);
    CHECK_EQUAL(reason(), DECISION_LINK_LOCAL);
    CHECK(!asks_cookie());
}

static void what_may_have_a_rule_is_not_deferred(void)
{
    struct endpoint endpoint;
    with_policy("client = { default = \"on\"; first_contact = \"defer\"; rules = (\n"
                "  { host = \"*.bank.test\"; fastopen = \"off\"; } ) };");
    to = test_destination("10.200.0.1", 443);
    CHECK_EQUAL(reason(), DECISION_DEFER);
    names_learn(policy, "www.bank.test", &to.endpoint);
    CHECK_EQUAL(reason(), DECISION_NO_RULE);
    endpoint = to.endpoint;
    for (unsigned i = 0; i < 60000; i++) {
        endpoint.address[13] = 201;
        endpoint.address[14] = (uint8_t)(i >> 8);
        endpoint.address[15] = (uint8_t)i;
        names_learn(policy, "www.bank.test", &endpoint);
    }
    CHECK_EQUAL(reason(), DECISION_FORGOTTEN);
    CHECK(!asks_cookie());
}

static void reasons_have_an_order(void)
{
    with_policy(ON);
    connected_at(20, true);
    CHECK_EQUAL(reason(), DECISION_LOCAL);
    learn_twice(MEMORY_COSTS_A_WAIT);
    CHECK_EQUAL(reason(), DECISION_COSTS_A_WAIT);
    learn_twice(MEMORY_READS_FIRST);
    CHECK_EQUAL(reason(), DECISION_READS_FIRST);
    memory_struck(&to, false);
    CHECK_EQUAL(reason(), DECISION_REFUSED);
    memory_fast_opened(&to, MEMORY_SYN_RETRANSMITTED);
    CHECK_EQUAL(reason(), DECISION_BACKED_OFF);
}

static void every_reason_has_words(void)
{
    for (int i = 0; i < DECISION_REASONS; i++) {
        CHECK(strlen(decision_words((enum decision_reason)i)) > 0);
        CHECK(strlen(decision_why((enum decision_reason)i)) > 0);
    }
    CHECK(strcmp(decision_why(DECISION_LOCAL), "the machine itself") == 0);
    CHECK(strcmp(decision_words(DECISION_REASONS), "") == 0);
    CHECK(strcmp(decision_why(DECISION_REASONS), "") == 0);
}

static const struct test_case cases[] = {
    {"off_unless_a_rule_says_so", off_unless_a_rule_says_so},
    {"the_first_contact_asks_for_a_cookie", the_first_contact_asks_for_a_cookie},
    {"a_minute_where_there_are_others", a_minute_where_there_are_others},
    {"how_late_is_the_rules_to_say", how_late_is_the_rules_to_say},
    {"what_has_just_refused_is_connected_to", what_has_just_refused_is_connected_to},
    {"what_has_not_answered_is_connected_to", what_has_not_answered_is_connected_to},
    {"connects_are_plain_while_backed_off", connects_are_plain_while_backed_off},
    {"what_was_learned_is_not_deferred", what_was_learned_is_not_deferred},
    {"too_near_gains_nothing", too_near_gains_nothing},
    {"the_machine_itself_gains_nothing", the_machine_itself_gains_nothing},
    {"the_machine_itself_can_be_asked_for", the_machine_itself_can_be_asked_for},
    {"what_may_have_a_rule_is_not_deferred", what_may_have_a_rule_is_not_deferred},
    {"what_may_be_for_an_interface_is_not_deferred", what_may_be_for_an_interface_is_not_deferred},
    {"a_link_local_address_is_nobodys", a_link_local_address_is_nobodys},
    {"reasons_have_an_order", reasons_have_an_order},
    {"every_reason_has_words", every_reason_has_words},
};

int main(int argc, char **argv)
{
    int status;
    kernel_syscall = syscall;
    status = run_cases(cases, sizeof cases / sizeof cases[0], argc, argv);
    if (policy)
        discard(policy);
    return status;
}
