/* SPDX-License-Identifier: MIT */
/* What the memory has to show. */
#include "check.h"
#include "memory/memory.h"
#include "memory_keys.h"

static void figures(void)
{
    struct memory_entry copy;
    start_afresh();
    test_connected(&to, 0);
    memory_deferred(&to);
    memory_deferred(&to);
    memory_started(&to);
    for (int outcome = MEMORY_ACCEPTED; outcome <= MEMORY_STALE; outcome++)
        for (int i = 0; i <= outcome; i++)
            memory_fast_opened(&to, (enum memory_outcome)outcome);
    copy = test_entry(&to);
    CHECK(test_same(&copy.destination, &to));
    CHECK_EQUAL(copy.connected, 1);
    CHECK_EQUAL(copy.deferred, 2);
    CHECK_EQUAL(copy.started, 1);
    CHECK_EQUAL(copy.accepted, 1);
    CHECK_EQUAL(copy.no_cookie, 2);
    CHECK_EQUAL(copy.ignored, 3);
    CHECK_EQUAL(copy.retransmitted, 4);
    CHECK_EQUAL(copy.stale, 5);
    CHECK_EQUAL(copy.tried, 15);
    CHECK_EQUAL(copy.struck, 0);
    CHECK_EQUAL(copy.last_seen, test_time);
    CHECK_EQUAL(copy.last_connected, test_time);
    CHECK_EQUAL(copy.reason, MEMORY_REASON_STALE);
    memory_fast_opened(&to, (enum memory_outcome)5);
    memory_fast_opened(&to, (enum memory_outcome) - 1);
    CHECK_EQUAL(test_entry(&to).tried, 15);
    memory_reset();
    test_connected(&to, 0);
    CHECK_EQUAL(test_entry(&to).tried, 0);
}

static void the_round_trip_time_is_smoothed(void)
{
    connected_start();
    CHECK_EQUAL(test_entry(&to).rtt_us, 0);
    test_connected(&to, 80000);
    CHECK_EQUAL(test_entry(&to).rtt_us, 80000);
    test_connected(&to, 0);
    CHECK_EQUAL(test_entry(&to).rtt_us, 80000);
    test_connected(&to, 160000);
    CHECK_EQUAL(test_entry(&to).rtt_us, 90000);
    for (int i = 0; i < 100; i++)
        test_connected(&to, UINT32_MAX);
    CHECK(test_entry(&to).rtt_us <= 0xffffff && test_entry(&to).rtt_us > 0xff0000);
}

static void listeners(void)
{
    struct memory_listener_entry copy;
    unsigned found = 0;
    start_afresh();
    memory_listener(&to, 5);
    memory_listener(&to, UINT32_MAX);
    memory_listener_accepted(&to);
    for (unsigned i = 0; i < MEMORY_LISTENERS; i++)
        found += memory_listener_entry(i, &copy);
    CHECK_EQUAL(found, 1);
    for (unsigned i = 0; !memory_listener_entry(i, &copy); i++)
        ;
    CHECK(test_same(&copy.listener, &to));
    CHECK_EQUAL(copy.queue, UINT32_MAX);
    CHECK_EQUAL(copy.set, 2);
    CHECK_EQUAL(copy.accepted, 1);
    CHECK_EQUAL(copy.last_seen, test_time);
    /* To be listened on is not to be connected to. */
    CHECK_EQUAL(test_judge(&to), TEST_NOT_LATELY);
}

static void there_is_nothing_beyond_the_last_entry(void)
{
    struct memory_listener_entry listener;
    struct memory_entry copy;
    connected_start();
    memory_listener(&to, 5);
    for (unsigned i = MEMORY_ENTRIES; i < 3 * MEMORY_ENTRIES; i++)
        CHECK(!memory_entry(i, &copy) && !memory_entry(UINT32_MAX - i, &copy));
    for (unsigned i = MEMORY_LISTENERS; i < 3 * MEMORY_LISTENERS; i++)
        CHECK(!memory_listener_entry(i, &listener) &&
              !memory_listener_entry(UINT32_MAX - i, &listener));
}

static void reset_forgets_everything(void)
{
    struct memory_listener_entry listener;
    struct memory_entry copy;
    connected_start();
    memory_listener(&to, 5);
    memory_learn(&to, MEMORY_READS_FIRST);
    memory_fast_opened(&to, MEMORY_SYN_RETRANSMITTED);
    memory_reset();
    for (unsigned i = 0; i < MEMORY_ENTRIES; i++)
        CHECK(!memory_entry(i, &copy));
    for (unsigned i = 0; i < MEMORY_LISTENERS; i++)
        CHECK(!memory_listener_entry(i, &listener));
    /* Nothing comes back with the next entry in the same place. */
    memory_deferred(&to);
    CHECK_EQUAL(test_judge(&to), TEST_NOT_LATELY);
    copy = test_entry(&to);
    CHECK_EQUAL(copy.connected + copy.retransmitted, 0);
    CHECK_EQUAL(copy.deferred, 1);
}

static const struct test_case cases[] = {
    {"figures", figures},
    {"the_round_trip_time_is_smoothed", the_round_trip_time_is_smoothed},
    {"listeners", listeners},
    {"there_is_nothing_beyond_the_last_entry", there_is_nothing_beyond_the_last_entry},
    {"reset_forgets_everything", reset_forgets_everything},
};

TEST_MAIN(cases)
