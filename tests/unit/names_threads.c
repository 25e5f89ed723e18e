/* SPDX-License-Identifier: MIT */
/*
 * The table of names under threads. The source itself is included, to have many threads at a single
 * entry: through names_learn() a torn one would turn up once in a blue moon.
 */
#include "policy/names.c" /* NOLINT(bugprone-suspicious-include) */

#include "check.h"

#include <pthread.h>

#define WRITERS 2
#define ROUNDS 2000000

static struct entry entry;
static atomic_bool writing;

/* Address and number belong together; every word of two pairs differs. */
static struct pair pair_for(uint32_t number)
{
    return (struct pair){.address = {number + 100, number + 200}, .number = number};
}

static void *write_entries(void *first)
{
    uint32_t number = *(uint32_t *)first;
    for (unsigned round = 0; round < ROUNDS; round++) {
        struct pair pair = pair_for(number);
        entry_write(&entry, &pair, NULL);
        number = number % 4 + 1;
    }
    return NULL;
}

static void *read_entries(void *unused)
{
    const struct pair one = pair_for(1);
    bool seen = false;
    (void)unused;
    while (atomic_load(&writing) || !seen) {
        uint64_t id;
        if (entry_holds(&entry, &one, &id)) {
            CHECK_EQUAL(id, 1);
            seen = true;
        }
    }
    return NULL;
}

static void no_torn_entry_is_a_match(void)
{
    pthread_t writers[WRITERS], reader;
    uint32_t firsts[WRITERS];
    struct pair one = pair_for(1);
    atomic_store(&writing, true);
    CHECK(pthread_create(&reader, NULL, read_entries, NULL) == 0);
    for (uint32_t i = 0; i < WRITERS; i++) {
        firsts[i] = i + 1;
        CHECK(pthread_create(&writers[i], NULL, write_entries, &firsts[i]) == 0);
    }
    for (unsigned i = 0; i < WRITERS; i++)
        pthread_join(writers[i], NULL);
    /* The reader ends when it has seen this one at the latest. */
    CHECK(entry_write(&entry, &one, NULL));
    atomic_store(&writing, false);
    pthread_join(reader, NULL);
}

static void an_entry_in_use_is_left_alone(void)
{
    struct entry busy = {.tag = UINT64_C(3) << SLOT_GENERATION_SHIFT | CLAIMED};
    struct pair pair = pair_for(1);
    uint64_t before = atomic_load(&busy.tag), words[PAIR_WORDS];
    uint64_t id;
    CHECK(!entry_write(&busy, &pair, NULL));
    CHECK_EQUAL(atomic_load(&busy.tag), before);
    memcpy(words, &pair, sizeof words);
    slot_write(busy.words, PAIR_WORDS, words);
    CHECK(!entry_holds(&busy, &pair, &id));
}

static void an_unused_entry_is_no_match(void)
{
    struct entry unused = {.tag = 0};
    struct pair zero = {.number = 0}, seven = {.number = 7};
    uint64_t id;
    CHECK(!entry_holds(&unused, &zero, &id));
    /* The generation wraps. */
    atomic_store(&unused.tag, ~SLOT_OWN_BITS);
    CHECK(entry_write(&unused, &seven, NULL));
    CHECK_EQUAL(atomic_load(&unused.tag), PUBLISHED);
    CHECK(entry_holds(&unused, &zero, &id));
    CHECK_EQUAL(id, 7);
}

/* Many turn from one address to another at a time: one of them is believed, or none. */
static void *turn(void *first)
{
    struct endpoint from = {.address = {*(uint8_t *)first}, .port = 80}, to = from;
    to.address[1] = 1;
    for (unsigned round = 0; round < ROUNDS / 10; round++) {
        names_learn_failure(&from);
        names_learn_attempt(&to);
        names_has_siblings(to.address);
    }
    return NULL;
}

static void failing_over_is_torn_by_nobody(void)
{
    pthread_t threads[WRITERS];
    uint8_t firsts[WRITERS], unheard_of[16] = {99};
    for (uint8_t i = 0; i < WRITERS; i++) {
        firsts[i] = (uint8_t)(i + 1);
        CHECK(pthread_create(&threads[i], NULL, turn, &firsts[i]) == 0);
    }
    for (unsigned i = 0; i < WRITERS; i++)
        pthread_join(threads[i], NULL);
    CHECK(names_has_siblings((uint8_t[16]){1}) || names_has_siblings((uint8_t[16]){2}));
    CHECK(!names_has_siblings(unheard_of));
}

static const struct test_case cases[] = {
    {"no_torn_entry_is_a_match", no_torn_entry_is_a_match},
    {"an_entry_in_use_is_left_alone", an_entry_in_use_is_left_alone},
    {"an_unused_entry_is_no_match", an_unused_entry_is_no_match},
    {"failing_over_is_torn_by_nobody", failing_over_is_torn_by_nobody},
};

TEST_MAIN(cases)
