/* SPDX-License-Identifier: MIT */
/* Backing off where Fast Open fails. */
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
        test_connected(&to, 0);
        CHECK_EQUAL(test_judge(&to), TEST_BACKED_OFF);
        test_time++;
        CHECK_EQUAL(test_judge(&to), TEST_DEFER);
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
    CHECK_EQUAL(test_judge(&to), TEST_BACKED_OFF);
    test_connected(&to, 0);
    CHECK_EQUAL(test_judge(&to), TEST_BACKED_OFF);
    memory_fast_opened(&to, MEMORY_ACCEPTED);
    CHECK_EQUAL(test_judge(&to), TEST_DEFER);
    CHECK_EQUAL(test_entry(&to).backed_off_until, 0);
}

static void ignored_backs_off_the_second_time(void)
{
    connected_start();
    memory_fast_opened(&to, MEMORY_IGNORED);
    CHECK_EQUAL(test_judge(&to), TEST_DEFER);
    memory_fast_opened(&to, MEMORY_ACCEPTED);
    memory_fast_opened(&to, MEMORY_IGNORED);
    CHECK_EQUAL(test_judge(&to), TEST_DEFER);
    memory_fast_opened(&to, MEMORY_NO_COOKIE);
    memory_fast_opened(&to, MEMORY_IGNORED);
    CHECK_EQUAL(test_judge(&to), TEST_BACKED_OFF);
    CHECK_EQUAL(backed_off_for(), MEMORY_BACKOFF_LEAST_S);
    /* In the try that follows, once is enough. */
    test_time += MEMORY_BACKOFF_LEAST_S;
    memory_deferred(&to);
    memory_fast_opened(&to, MEMORY_IGNORED);
    CHECK_EQUAL(backed_off_for(), 2 * MEMORY_BACKOFF_LEAST_S);
}

static void a_cookie_out_of_date_does_not_back_off(void)
{
    connected_start();
    for (int i = 0; i < 10; i++)
        memory_fast_opened(&to, MEMORY_STALE);
    CHECK_EQUAL(test_judge(&to), TEST_DEFER);
    CHECK_EQUAL(test_entry(&to).backed_off_until, 0);
    /* Nor is it a success, or one of the two that a path may ignore. */
    memory_fast_opened(&to, MEMORY_IGNORED);
    memory_fast_opened(&to, MEMORY_STALE);
    memory_fast_opened(&to, MEMORY_IGNORED);
    CHECK_EQUAL(backed_off_for(), MEMORY_BACKOFF_LEAST_S);
}

static void a_cookie_that_came_is_told_from_the_one_that_went(void)
{
    connected_start();
    CHECK(!memory_cookie_known(&to));
    /* Nothing is known of the first one: it may be the one that went. */
    CHECK(!memory_cookie_replaced(&to, 7, 1));
    CHECK(memory_cookie_known(&to));
    test_time += 10;
    CHECK(!memory_cookie_replaced(&to, 7, 1));
    CHECK(!memory_cookie_replaced(&to, 0, 1));
    CHECK(memory_cookie_replaced(&to, 8, 1));
    /* So were the others that had left by then; but not the next. */
    CHECK(memory_cookie_replaced(&to, 8, 1));
    test_time += 2;
    CHECK(memory_cookie_replaced(&to, 8, 2));
    CHECK(!memory_cookie_replaced(&to, 8, 1));
    memory_reset();
    CHECK(!memory_cookie_known(&to));
    /* No entry is made for it. */
    memory_cookie(&to, 9);
    CHECK(!memory_cookie_known(&to));
    test_connected(&to, 0);
    memory_cookie(&to, 9);
    CHECK(memory_cookie_known(&to));
    CHECK(memory_cookie_replaced(&to, 10, 1));
}

static void no_cookie_does_not_back_off(void)
{
    connected_start();
    for (int i = 0; i < 5; i++)
        memory_fast_opened(&to, MEMORY_NO_COOKIE);
    CHECK_EQUAL(test_judge(&to), TEST_DEFER);
}

/* Backed off once, and over. */
static void to_the_try(void)
{
    connected_start();
    memory_fast_opened(&to, MEMORY_SYN_RETRANSMITTED);
    test_time += MEMORY_BACKOFF_LEAST_S;
    CHECK_EQUAL(test_judge(&to), TEST_DEFER);
    memory_deferred(&to);
    CHECK_EQUAL(test_judge(&to), TEST_BACKED_OFF);
}

static void one_try_after_a_back_off(void)
{
    to_the_try();
    memory_fast_opened(&to, MEMORY_SYN_RETRANSMITTED);
    CHECK_EQUAL(backed_off_for(), 2 * MEMORY_BACKOFF_LEAST_S);

    to_the_try();
    memory_fast_opened(&to, MEMORY_ACCEPTED);
    CHECK_EQUAL(test_judge(&to), TEST_DEFER);
}

static void a_try_that_told_nothing_is_given_back(void)
{
    to_the_try();
    memory_started(&to);
    CHECK_EQUAL(test_judge(&to), TEST_DEFER);

    to_the_try();
    memory_fast_opened(&to, MEMORY_NO_COOKIE);
    CHECK_EQUAL(test_judge(&to), TEST_DEFER);
    /* And is a try again, not the end of it. */
    memory_deferred(&to);
    CHECK_EQUAL(test_judge(&to), TEST_BACKED_OFF);

    /* The process that tried was killed. */
    to_the_try();
    test_time += MEMORY_BACKOFF_LEAST_S;
    CHECK_EQUAL(test_judge(&to), TEST_DEFER);
    memory_fast_opened(&to, MEMORY_SYN_RETRANSMITTED);
    CHECK_EQUAL(backed_off_for(), 2 * MEMORY_BACKOFF_LEAST_S);
}

static void a_refused_fast_open_backs_off(void)
{
    connected_start();
    memory_struck(&to, true);
    test_connected(&to, 0); /* plainly, as it was before */
    CHECK_EQUAL(test_judge(&to), TEST_BACKED_OFF);
    test_time += MEMORY_BACKOFF_LEAST_S;
    CHECK_EQUAL(test_judge(&to), TEST_DEFER);
    memory_struck(&to, true);
    CHECK_EQUAL(test_entry(&to).backed_off_until, test_time + 2 * MEMORY_BACKOFF_LEAST_S);
    memory_struck(&to, false);
    CHECK_EQUAL(test_entry(&to).backed_off_until, test_time + 2 * MEMORY_BACKOFF_LEAST_S);
}

/* Its option was enough for the path to swallow it. */
static void a_lost_cookie_request_backs_off(void)
{
    connected_start();
    memory_cookie_request_lost(&to);
    CHECK_EQUAL(test_judge(&to), TEST_BACKED_OFF);
    CHECK_EQUAL(backed_off_for(), MEMORY_BACKOFF_LEAST_S);
    CHECK_EQUAL(test_entry(&to).reason, MEMORY_REASON_COOKIE_REQUEST_LOST);
    /* No fast open was tried. */
    CHECK_EQUAL(test_entry(&to).tried, 0);
    test_time += MEMORY_BACKOFF_LEAST_S;
    memory_cookie_request_lost(&to);
    CHECK_EQUAL(backed_off_for(), 2 * MEMORY_BACKOFF_LEAST_S);
}

static void verdicts_have_an_order(void)
{
    connected_start();
    for (unsigned i = 0; i < MEMORY_LESSON_TIMES; i++)
        memory_learn(&to, MEMORY_READS_FIRST);
    memory_struck(&to, false);
    CHECK_EQUAL(test_judge(&to), TEST_LEARNED);
    memory_fast_opened(&to, MEMORY_SYN_RETRANSMITTED);
    CHECK_EQUAL(test_judge(&to), TEST_BACKED_OFF);
}

static const struct test_case cases[] = {
    {"a_swallowed_syn_backs_off_doubling", a_swallowed_syn_backs_off_doubling},
    {"one_outage_is_one_failure", one_outage_is_one_failure},
    {"success_ends_a_back_off", success_ends_a_back_off},
    {"ignored_backs_off_the_second_time", ignored_backs_off_the_second_time},
    {"no_cookie_does_not_back_off", no_cookie_does_not_back_off},
    {"a_cookie_out_of_date_does_not_back_off", a_cookie_out_of_date_does_not_back_off},
    {"a_cookie_that_came_is_told_from_the_one_that_went",
     a_cookie_that_came_is_told_from_the_one_that_went},
    {"one_try_after_a_back_off", one_try_after_a_back_off},
    {"a_try_that_told_nothing_is_given_back", a_try_that_told_nothing_is_given_back},
    {"a_lost_cookie_request_backs_off", a_lost_cookie_request_backs_off},
    {"a_refused_fast_open_backs_off", a_refused_fast_open_backs_off},
    {"verdicts_have_an_order", verdicts_have_an_order},
};

TEST_MAIN(cases)
