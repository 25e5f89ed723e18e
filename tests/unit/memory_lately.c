/* SPDX-License-Identifier: MIT */
/* When a handshake counts as one of late, and what strikes it. */
#include "check.h"
#include "memory/memory.h"
#include "memory_keys.h"

static void lately_is_an_hour(void)
{
    start_afresh();
    CHECK_EQUAL(test_judge(&to), TEST_NOT_LATELY);
    CHECK(!test_may_defer(&to));
    test_connected(&to, 0);
    CHECK(test_may_defer(&to));
    test_time += POLICY_LATELY_S;
    CHECK(test_may_defer(&to));
    test_time++;
    CHECK_EQUAL(test_judge(&to), TEST_NOT_LATELY);
    test_connected(&to, 0);
    CHECK(test_may_defer(&to));
}

static void a_handshake_to_come_is_none(void)
{
    connected_start();
    test_time--;
    CHECK_EQUAL(test_judge(&to), TEST_NOT_LATELY);
    test_time++;
}

static void address_port_and_namespace_all_count(void)
{
    struct memory_destination other;
    connected_start();
    other = test_destination("192.0.2.1", 444);
    CHECK(!test_may_defer(&other));
    other = test_destination("192.0.2.2", 443);
    CHECK(!test_may_defer(&other));
    other = test_destination("::192.0.2.1", 443);
    CHECK(!test_may_defer(&other));
    other = to;
    other.netns = 2;
    CHECK(!test_may_defer(&other));
    other.netns = 1;
    CHECK(test_may_defer(&other));
}

static void struck_is_not_lately(void)
{
    struct memory_destination other = test_destination("192.0.2.1", 80);
    connected_start();
    test_connected(&other, 0);
    memory_struck(&to, false);
    CHECK_EQUAL(test_judge(&to), TEST_NOT_LATELY);
    CHECK(test_may_defer(&other));
    CHECK_EQUAL(test_entry(&to).struck, 1);
    CHECK_EQUAL(test_entry(&to).last_connected, 0);
    CHECK_EQUAL(test_entry(&to).reason, MEMORY_REASON_STRUCK);
    test_connected(&to, 0);
    CHECK(test_may_defer(&to));
}

static void striking_the_unknown_makes_no_entry(void)
{
    struct memory_entry copy;
    start_afresh();
    memory_struck(&to, false);
    CHECK(!test_look(&to, &copy));
}

static void struck_is_refused_for_a_minute(void)
{
    struct memory_destination other = test_destination("192.0.2.1", 80);
    /* With an entry or without. */
    for (int known = 0; known < 2; known++) {
        start_afresh();
        if (known)
            test_connected(&to, 0);
        CHECK(!memory_recall(&to).refused);
        memory_struck(&to, false);
        CHECK(memory_recall(&to).refused);
        CHECK(!memory_recall(&other).refused);
        test_time += MEMORY_REFUSED_S - 1;
        CHECK(memory_recall(&to).refused);
        test_time++;
        CHECK(!memory_recall(&to).refused);
    }
    memory_struck(&to, false);
    test_connected(&to, 0);
    CHECK(!memory_recall(&to).refused);
}

/* Whose program was killed, or still waits: nobody tells, and the next ones are not to find out. */
static void a_syn_without_an_answer_tells_for_itself(void)
{
    connected_start();
    memory_syn_left(&to);
    CHECK(!memory_recall(&to).unanswered);
    test_time += MEMORY_ANSWER_S - 1;
    CHECK(!memory_recall(&to).unanswered);
    memory_syn_left(&to); /* another one puts nothing off */
    test_time++;
    CHECK(memory_recall(&to).unanswered);
    CHECK(!memory_recall(&to).refused);
    test_time += POLICY_LATELY_S;
    CHECK(memory_recall(&to).unanswered);
    test_connected(&to, 0);
    CHECK(!memory_recall(&to).unanswered);
    memory_syn_left(&to);
    memory_struck(&to, false);
    test_time += MEMORY_ANSWER_S;
    CHECK(!memory_recall(&to).unanswered);
    CHECK(memory_recall(&to).refused);
}

/* Who tries a thousand closed ports pushes out what refused, and nothing else. */
static void many_refusals_push_out_nothing_else(void)
{
    struct memory_destination closed = test_destination("192.0.2.9", 1);
    connected_start();
    for (closed.endpoint.port = 1; closed.endpoint.port < 5000; closed.endpoint.port++) {
        memory_struck(&closed, false);
        CHECK(memory_recall(&closed).refused);
    }
    CHECK(test_may_defer(&to));
    CHECK(!memory_recall(&to).refused);
}

static void the_path_is_remembered(void)
{
    const struct memory_handshake far = {
        .rtt_us = 900, .min_rtt_us = 800, .room = 1420, .local = false};
    struct memory_handshake near = {.rtt_us = 60, .min_rtt_us = 50, .room = 536, .local = true};
    struct memory_knowledge known;
    start_afresh();
    memory_connected(&to, &far);
    memory_connected(&to, &near);
    known = memory_recall(&to);
    CHECK_EQUAL(known.min_rtt_us, 50);
    CHECK_EQUAL(known.room, 536);
    CHECK_EQUAL(known.local, true);
    CHECK_EQUAL(test_entry(&to).min_rtt_us, 50);
    CHECK_EQUAL(test_entry(&to).room, 536);
    CHECK_EQUAL(test_entry(&to).local, true);
    /* The least stays, until it is long ago or the path has failed; what is not told leaves what
     * was there. */
    memory_connected(&to, &far);
    memory_connected(&to, &(struct memory_handshake){.rtt_us = 0});
    known = memory_recall(&to);
    CHECK_EQUAL(known.min_rtt_us, 50);
    CHECK_EQUAL(known.room, 1420);
    CHECK_EQUAL(known.local, false);
    test_time += POLICY_LATELY_S + 1;
    memory_connected(&to, &far);
    CHECK_EQUAL(memory_recall(&to).min_rtt_us, 800);
    near.min_rtt_us = UINT32_MAX;
    near.room = UINT16_MAX;
    test_time += POLICY_LATELY_S + 1;
    memory_connected(&to, &near);
    CHECK_EQUAL(memory_recall(&to).min_rtt_us, 0xffffff);
    CHECK_EQUAL(memory_recall(&to).room, UINT16_MAX);
    memory_struck(&to, false);
    CHECK_EQUAL(memory_recall(&to).local, true);
    memory_connected(&to, &far);
    CHECK_EQUAL(memory_recall(&to).min_rtt_us, 800);
    CHECK_EQUAL(memory_recall(&to).local, false);
}

static const struct test_case cases[] = {
    {"lately_is_an_hour", lately_is_an_hour},
    {"a_handshake_to_come_is_none", a_handshake_to_come_is_none},
    {"address_port_and_namespace_all_count", address_port_and_namespace_all_count},
    {"struck_is_not_lately", struck_is_not_lately},
    {"striking_the_unknown_makes_no_entry", striking_the_unknown_makes_no_entry},
    {"struck_is_refused_for_a_minute", struck_is_refused_for_a_minute},
    {"a_syn_without_an_answer_tells_for_itself", a_syn_without_an_answer_tells_for_itself},
    {"many_refusals_push_out_nothing_else", many_refusals_push_out_nothing_else},
    {"the_path_is_remembered", the_path_is_remembered},
};

TEST_MAIN(cases)
