/* SPDX-License-Identifier: MIT */
/* Where entries go, and which of them have to leave. */
#include "check.h"
#include "memory_own_table.h"

static void connect_to(unsigned n)
{
    struct memory_destination destination = in_set(n);
    test_connected(&destination, 0);
}

static bool holds(unsigned n)
{
    struct memory_destination destination = in_set(n);
    return test_may_defer(&destination);
}

static void keys_spread(void)
{
    unsigned most = 0, of_set[MEMORY_ENTRIES / TABLE_WAYS] = {0};
    for (uint32_t number = 0; number < MEMORY_ENTRIES; number++) {
        struct memory_destination destination = test_numbered(number);
        unsigned set = key_of(&destination).hash % table_sets(AREA_DESTINATIONS);
        if (++of_set[set] > most)
            most = of_set[set];
    }
    /* Eight on the average; a binomial distribution reaches 24 once in ten thousand tables. */
    CHECK(most <= 24);
}

static void the_stalest_goes(void)
{
    empty_table();
    for (unsigned n = 0; n < TABLE_WAYS; n++, test_time++)
        connect_to(n);
    connect_to(0);
    test_time++;
    connect_to(TABLE_WAYS);
    for (unsigned n = 0; n <= TABLE_WAYS; n++)
        CHECK_EQUAL(holds(n), n != 1);
}

static void within_a_second_the_least_connected_goes(void)
{
    empty_table();
    for (unsigned n = 0; n < TABLE_WAYS; n++)
        for (unsigned times = 0; times <= (n == 5 ? 0 : 1); times++)
            connect_to(n);
    connect_to(TABLE_WAYS);
    for (unsigned n = 0; n <= TABLE_WAYS; n++)
        CHECK_EQUAL(holds(n), n != 5);
}

/* A time to come must not keep an entry in the table for ever. */
static void one_seen_in_the_future_goes(void)
{
    struct memory_destination liar;
    struct key key;
    empty_table();
    for (unsigned n = 0; n < TABLE_WAYS; n++, test_time++)
        connect_to(n);
    liar = in_set(6);
    key = key_of(&liar);
    atomic_store(&entry_find(AREA_DESTINATIONS, &key)->seen, UINT64_MAX);
    connect_to(TABLE_WAYS);
    for (unsigned n = 0; n <= TABLE_WAYS; n++)
        CHECK_EQUAL(holds(n), n != 6);
}

static void an_evicted_one_leaves_nothing(void)
{
    struct memory_entry copy;
    empty_table();
    for (unsigned n = 0; n < TABLE_WAYS; n++) {
        struct memory_destination destination = in_set(n);
        test_connected(&destination, 70000);
        memory_fast_opened(&destination, MEMORY_SYN_RETRANSMITTED);
    }
    to = in_set(TABLE_WAYS);
    memory_deferred(&to);
    CHECK_EQUAL(test_judge(&to), TEST_NOT_LATELY);
    copy = test_entry(&to);
    CHECK_EQUAL(copy.connected + copy.retransmitted + copy.rtt_us + copy.reason, 0);
    CHECK_EQUAL(copy.backed_off_until + copy.last_connected, 0);
    CHECK_EQUAL(copy.deferred, 1);
}

static const struct test_case cases[] = {
    {"keys_spread", keys_spread},
    {"the_stalest_goes", the_stalest_goes},
    {"within_a_second_the_least_connected_goes", within_a_second_the_least_connected_goes},
    {"one_seen_in_the_future_goes", one_seen_in_the_future_goes},
    {"an_evicted_one_leaves_nothing", an_evicted_one_leaves_nothing},
};

TEST_MAIN(cases)
