/* SPDX-License-Identifier: MIT */
/* Entries that were left half changed, that somebody wrote rubbish into, or that are gone. */
#include "check.h"
#include "memory_own_table.h"

/* The claimer was killed right after it took the tag. */
static void a_claim_that_stopped_half_way(void)
{
    struct memory_destination heir = in_set(1);
    struct key key, heirs = key_of(&heir);
    struct memory_entry copy;
    empty_table();
    to = in_set(0);
    key = key_of(&to);
    test_connected(&to, 0);
    memory_fast_opened(&to, MEMORY_SYN_RETRANSMITTED);
    atomic_store(&entry_find(AREA_DESTINATIONS, &key)->tag, heirs.tag);
    CHECK_EQUAL(test_judge(&to), TEST_NOT_LATELY);
    CHECK_EQUAL(test_judge(&heir), TEST_NOT_LATELY);
    CHECK(!test_look(&to, &copy) && !test_look(&heir, &copy));
    memory_deferred(&heir);
    CHECK_EQUAL(test_judge(&heir), TEST_NOT_LATELY);
    copy = test_entry(&heir);
    CHECK_EQUAL(copy.deferred, 1);
    CHECK_EQUAL(copy.connected + copy.retransmitted, 0);
}

/* A former owner that was stopped for long goes on writing. */
static void a_late_writer_makes_no_match(void)
{
    struct memory_destination owner = test_destination("192.0.2.1", 443), mixed = owner;
    struct memory_destination late = test_destination("2001:db8::7", 443);
    struct key key = key_of(&owner), lates = key_of(&late);
    struct entry *entry;
    struct memory_entry copy;
    empty_table();
    test_connected(&owner, 0);
    entry = entry_find(AREA_DESTINATIONS, &key);
    atomic_store(&entry->address[1], lates.address[1]);
    memcpy(mixed.endpoint.address + 8, late.endpoint.address + 8, 8);
    CHECK(!test_may_defer(&owner) && !test_may_defer(&late) && !test_may_defer(&mixed));
    CHECK(!test_look(&owner, &copy) && !test_look(&mixed, &copy));
    /* The owner's next event puts it right. */
    memory_deferred(&owner);
    CHECK(test_may_defer(&owner));
    /* And what the late one says about itself is nothing about the owner. */
    fact_set(&entry->state[STATE_BACKOFF], lates.mark, (struct fact){test_time + 60, 1});
    CHECK_EQUAL(test_judge(&owner), TEST_DEFER);
    fact_set(&entry->state[STATE_LATELY], lates.mark, (struct fact){test_time, 0});
    CHECK_EQUAL(test_judge(&owner), TEST_NOT_LATELY);
    count_one(&entry->count[COUNT_CONNECTED], lates.mark);
    CHECK_EQUAL(test_entry(&owner).connected, 0);
}

static void striking_reaches_twins(void)
{
    struct entry *twins;
    struct key key;
    empty_table();
    to = in_set(0);
    key = key_of(&to);
    twins = table_set(AREA_DESTINATIONS, key.hash);
    test_connected(&to, 0);
    twins[3] = twins[0];
    memory_struck(&to, false);
    CHECK_EQUAL(fact_get(&twins[3].state[STATE_LATELY], key.mark).value, 0);
    CHECK(!test_may_defer(&to));
}

static void values_out_of_range_bind_nobody(void)
{
    struct key key;
    struct entry *entry;
    struct fact most = {UINT32_MAX, UINT8_MAX};
    empty_table();
    test_connected(&to, 0);
    key = key_of(&to);
    entry = entry_find(AREA_DESTINATIONS, &key);
    fact_set(&entry->state[STATE_BACKOFF], key.mark, most);
    CHECK_EQUAL(test_judge(&to), TEST_DEFER);
    memory_deferred(&to);
    memory_fast_opened(&to, MEMORY_SYN_RETRANSMITTED);
    CHECK_EQUAL(test_entry(&to).backed_off_until, test_time + MEMORY_BACKOFF_MOST_S);
    fact_set(table_refusal(&key), key.mark, most);
    CHECK(!memory_recall(&to).refused);
    fact_set(&entry->state[STATE_LATELY], key.mark, most);
    fact_set(&entry->state[STATE_BACKOFF], key.mark, (struct fact){0, 0});
    CHECK_EQUAL(test_judge(&to), TEST_NOT_LATELY);
    /* Right after the machine was started, too. */
    uint32_t saved = test_time;
    test_time = 10;
    CHECK_EQUAL(test_judge(&to), TEST_NOT_LATELY);
    test_time = saved;
}

static void everything_happens_to(const struct memory_destination *destination)
{
    test_judge(destination);
    test_connected(destination, 1);
    memory_deferred(destination);
    memory_started(destination);
    for (int outcome = MEMORY_ACCEPTED; outcome <= MEMORY_SYN_RETRANSMITTED; outcome++)
        memory_fast_opened(destination, (enum memory_outcome)outcome);
    memory_learn(destination, MEMORY_READS_FIRST);
    memory_unlearn(destination, MEMORY_READS_FIRST);
    memory_struck(destination, false);
    memory_cookie_request_lost(destination);
    memory_listener(destination, 1);
    memory_listener_accepted(destination);
    test_connected(destination, 1);
    memory_fast_opened(destination, MEMORY_ACCEPTED);
}

static void rubbish_is_lived_with(void)
{
    unsigned char *bytes = (unsigned char *)&table;
    struct memory_entry copy;
    struct memory_listener_entry listener;
    for (int round = 0; round < 20; round++) {
        empty_table();
        for (size_t i = 0; i < sizeof table; i++)
            bytes[i] = round == 0 ? 0xff : (unsigned char)test_chance(256);
        for (unsigned i = 0; i < MEMORY_ENTRIES; i++)
            CHECK(!memory_entry(i, &copy));
        for (unsigned i = 0; i < MEMORY_LISTENERS; i++)
            CHECK(!memory_listener_entry(i, &listener));
        for (uint32_t number = 0; number < 100; number++) {
            struct memory_destination destination = test_numbered(number);
            CHECK(!test_may_defer(&destination));
            everything_happens_to(&destination);
            CHECK(test_may_defer(&destination));
        }
    }
}

/* ---- somebody else's ---- */

static void somebody_elses_is_never_touched(void)
{
    struct memory_entry copy;
    empty_table();
    table_use(&table, geteuid() + 1);
    everything_happens_to(&to);
    CHECK(test_may_defer(&to));
    CHECK(test_look(&to, &copy));
    memory_reset();
    CHECK(!test_may_defer(&to));
    for (size_t i = 0; i < sizeof table; i++)
        CHECK_EQUAL(((const unsigned char *)&table)[i], 0);
}

static const struct test_case cases[] = {
    {"a_claim_that_stopped_half_way", a_claim_that_stopped_half_way},
    {"a_late_writer_makes_no_match", a_late_writer_makes_no_match},
    {"striking_reaches_twins", striking_reaches_twins},
    {"values_out_of_range_bind_nobody", values_out_of_range_bind_nobody},
    {"rubbish_is_lived_with", rubbish_is_lived_with},
    {"somebody_elses_is_never_touched", somebody_elses_is_never_touched},
};

TEST_MAIN(cases)
