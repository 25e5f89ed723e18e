/* SPDX-License-Identifier: MIT */
/* Backing off where Fast Open fails, and not deferring where programs read first. */
#include "check.h"
#include "memory/memory.h"
#include "memory_keys.h"

/* Says when the back-off that is running ends. */
static uint32_t backed_off_for(void)
{
    return test_entry(&to).backed_off_until - test_time;
}

static void a_swallowed_syn_backs_off_doubling(void)
{
    uint32_t expected = MEMORY_BACKOFF_LEAST_S;

    connected_start();
    for (int failure = 0; failure < 20; failure++) {
        memory_fast_opened(&to, MEMORY_SYN_RETRANSMITTED);
        CHECK_EQUAL(backed_off_for(), expected);
        test_time += expected - 1;
        memory_connected(&to, 0);
        CHECK_EQUAL(memory_judge(&to), MEMORY_BACKED_OFF);
        test_time++;
        CHECK_EQUAL(memory_judge(&to), MEMORY_DEFER);
        expected = expected * 2 < MEMORY_BACKOFF_MOST_S ? expected * 2 : MEMORY_BACKOFF_MOST_S;
    }
    CHECK_EQUAL(expected, MEMORY_BACKOFF_MOST_S);
    memory_fast_opened(&to, MEMORY_ACCEPTED);
    memory_fast_opened(&to, MEMORY_SYN_RETRANSMITTED);
    CHECK_EQUAL(backed_off_for(), MEMORY_BACKOFF_LEAST_S);
}

static void one_outage_is_one_failure(void)
{
    connected_start();
    for (int i = 0; i < 50; i++)
        memory_fast_opened(&to, MEMORY_SYN_RETRANSMITTED);
    CHECK_EQUAL(backed_off_for(), MEMORY_BACKOFF_LEAST_S);
    CHECK_EQUAL(test_entry(&to).retransmitted, 50);
}

static void success_ends_a_back_off(void)
{
    connected_start();
    memory_fast_opened(&to, MEMORY_SYN_RETRANSMITTED);
    CHECK_EQUAL(memory_judge(&to), MEMORY_BACKED_OFF);
    memory_connected(&to, 0);
    CHECK_EQUAL(memory_judge(&to), MEMORY_BACKED_OFF);
    memory_fast_opened(&to, MEMORY_ACCEPTED);
    CHECK_EQUAL(memory_judge(&to), MEMORY_DEFER);
    CHECK_EQUAL(test_entry(&to).backed_off_until, 0);
}

static void ignored_backs_off_the_second_time(void)
{
    connected_start();
    memory_fast_opened(&to, MEMORY_IGNORED);
    CHECK_EQUAL(memory_judge(&to), MEMORY_DEFER);
    memory_fast_opened(&to, MEMORY_ACCEPTED);
    memory_fast_opened(&to, MEMORY_IGNORED);
    CHECK_EQUAL(memory_judge(&to), MEMORY_DEFER);
    memory_fast_opened(&to, MEMORY_NO_COOKIE);
    memory_fast_opened(&to, MEMORY_IGNORED);
    CHECK_EQUAL(memory_judge(&to), MEMORY_BACKED_OFF);
    CHECK_EQUAL(backed_off_for(), MEMORY_BACKOFF_LEAST_S);
    /* In the try that follows, once is enough. */
    test_time += MEMORY_BACKOFF_LEAST_S;
    memory_deferred(&to);
    memory_fast_opened(&to, MEMORY_IGNORED);
    CHECK_EQUAL(backed_off_for(), 2 * MEMORY_BACKOFF_LEAST_S);
}

static void no_cookie_does_not_back_off(void)
{
    connected_start();
    for (int i = 0; i < 5; i++)
        memory_fast_opened(&to, MEMORY_NO_COOKIE);
    CHECK_EQUAL(memory_judge(&to), MEMORY_DEFER);
}

/* Backed off once, and over. */
static void to_the_try(void)
{
    connected_start();
    memory_fast_opened(&to, MEMORY_SYN_RETRANSMITTED);
    test_time += MEMORY_BACKOFF_LEAST_S;
    CHECK_EQUAL(memory_judge(&to), MEMORY_DEFER);
    memory_deferred(&to);
    CHECK_EQUAL(memory_judge(&to), MEMORY_BACKED_OFF);
}

static void one_try_after_a_back_off(void)
{
    to_the_try();
    memory_fast_opened(&to, MEMORY_SYN_RETRANSMITTED);
    CHECK_EQUAL(backed_off_for(), 2 * MEMORY_BACKOFF_LEAST_S);

    to_the_try();
    memory_fast_opened(&to, MEMORY_ACCEPTED);
    CHECK_EQUAL(memory_judge(&to), MEMORY_DEFER);
}

static void a_try_that_told_nothing_is_given_back(void)
{
    to_the_try();
    memory_started(&to);
    CHECK_EQUAL(memory_judge(&to), MEMORY_DEFER);

    to_the_try();
    memory_fast_opened(&to, MEMORY_NO_COOKIE);
    CHECK_EQUAL(memory_judge(&to), MEMORY_DEFER);
    /* And is a try again, not the end of it. */
    memory_deferred(&to);
    CHECK_EQUAL(memory_judge(&to), MEMORY_BACKED_OFF);

    /* The process that tried was killed. */
    to_the_try();
    test_time += MEMORY_BACKOFF_LEAST_S;
    CHECK_EQUAL(memory_judge(&to), MEMORY_DEFER);
    memory_fast_opened(&to, MEMORY_SYN_RETRANSMITTED);
    CHECK_EQUAL(backed_off_for(), 2 * MEMORY_BACKOFF_LEAST_S);
}

static void reading_first_thrice_is_a_habit(void)
{
    connected_start();
    memory_read_first(&to);
    memory_read_first(&to);
    memory_wrote_first(&to);
    memory_read_first(&to);
    memory_read_first(&to);
    CHECK_EQUAL(memory_judge(&to), MEMORY_DEFER);
    memory_read_first(&to);
    CHECK_EQUAL(memory_judge(&to), MEMORY_READS_FIRST);
    CHECK(!memory_may_defer(&to));
    memory_wrote_first(&to);
    CHECK_EQUAL(memory_judge(&to), MEMORY_DEFER);
}

static void a_habit_is_believed_for_a_day(void)
{
    connected_start();
    for (unsigned i = 0; i < MEMORY_READ_FIRST_TIMES; i++)
        memory_read_first(&to);
    CHECK_EQUAL(test_entry(&to).reads_first_until, test_time + MEMORY_READ_FIRST_S);
    test_time += MEMORY_READ_FIRST_S - 1;
    /* Those that still read first in that day do not prolong it. */
    memory_read_first(&to);
    memory_connected(&to, 0);
    CHECK_EQUAL(memory_judge(&to), MEMORY_READS_FIRST);
    test_time++;
    CHECK_EQUAL(memory_judge(&to), MEMORY_DEFER);
    CHECK_EQUAL(test_entry(&to).reads_first_until, 0);
    /* Still in a row. */
    memory_read_first(&to);
    CHECK_EQUAL(memory_judge(&to), MEMORY_READS_FIRST);
}

static void a_refused_fast_open_backs_off(void)
{
    connected_start();
    memory_struck(&to, true);
    memory_connected(&to, 0); /* plainly, as it was before */
    CHECK_EQUAL(memory_judge(&to), MEMORY_BACKED_OFF);
    test_time += MEMORY_BACKOFF_LEAST_S;
    CHECK_EQUAL(memory_judge(&to), MEMORY_DEFER);
    memory_struck(&to, true);
    CHECK_EQUAL(test_entry(&to).backed_off_until, test_time + 2 * MEMORY_BACKOFF_LEAST_S);
    memory_struck(&to, false);
    CHECK_EQUAL(test_entry(&to).backed_off_until, test_time + 2 * MEMORY_BACKOFF_LEAST_S);
}

static void verdicts_have_an_order(void)
{
    connected_start();
    for (unsigned i = 0; i < MEMORY_READ_FIRST_TIMES; i++)
        memory_read_first(&to);
    memory_struck(&to, false);
    CHECK_EQUAL(memory_judge(&to), MEMORY_READS_FIRST);
    memory_fast_opened(&to, MEMORY_SYN_RETRANSMITTED);
    CHECK_EQUAL(memory_judge(&to), MEMORY_BACKED_OFF);
}

static const struct test_case cases[] = {
    {"a_swallowed_syn_backs_off_doubling", a_swallowed_syn_backs_off_doubling},
    {"one_outage_is_one_failure", one_outage_is_one_failure},
    {"success_ends_a_back_off", success_ends_a_back_off},
    {"ignored_backs_off_the_second_time", ignored_backs_off_the_second_time},
    {"no_cookie_does_not_back_off", no_cookie_does_not_back_off},
    {"one_try_after_a_back_off", one_try_after_a_back_off},
    {"a_try_that_told_nothing_is_given_back", a_try_that_told_nothing_is_given_back},
    {"reading_first_thrice_is_a_habit", reading_first_thrice_is_a_habit},
    {"a_habit_is_believed_for_a_day", a_habit_is_believed_for_a_day},
    {"a_refused_fast_open_backs_off", a_refused_fast_open_backs_off},
    {"verdicts_have_an_order", verdicts_have_an_order},
};

TEST_MAIN(cases)
