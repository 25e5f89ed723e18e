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

/* Address and id belong together; every word of two addresses differs. */
static struct address_words words_for(uint32_t id)
{
    return (struct address_words){.word = {id, id + 100, id + 200, id + 300}};
}

static void *write_entries(void *first)
{
    uint32_t id = *(uint32_t *)first;

    for (unsigned round = 0; round < ROUNDS; round++) {
        struct address_words words = words_for(id);

        entry_write(&entry, &words, id);
        id = id % 4 + 1;
    }
    return NULL;
}

static void *read_entries(void *unused)
{
    const struct address_words one = words_for(1);
    bool seen = false;

    (void)unused;
    while (atomic_load(&writing) || !seen) {
        uint32_t id;

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
    struct address_words one = words_for(1);

    atomic_store(&writing, true);
    CHECK(pthread_create(&reader, NULL, read_entries, NULL) == 0);
    for (uint32_t i = 0; i < WRITERS; i++) {
        firsts[i] = i + 1;
        CHECK(pthread_create(&writers[i], NULL, write_entries, &firsts[i]) == 0);
    }
    for (unsigned i = 0; i < WRITERS; i++)
        pthread_join(writers[i], NULL);
    /* The reader ends when it has seen this one at the latest. */
    CHECK(entry_write(&entry, &one, 1));
    atomic_store(&writing, false);
    pthread_join(reader, NULL);
}

static void an_entry_in_use_is_left_alone(void)
{
    struct entry busy = {.sequence = 3};
    struct address_words words = words_for(1);
    uint32_t id;

    CHECK(!entry_write(&busy, &words, 1));
    CHECK_EQUAL(atomic_load(&busy.sequence), 3);
    for (int i = 0; i < 4; i++)
        atomic_store(&busy.address[i], words.word[i]);
    CHECK(!entry_holds(&busy, &words, &id));
}

static void an_unused_entry_is_no_match(void)
{
    struct entry unused = {.sequence = 0};
    struct address_words zero = {.word = {0}};
    uint32_t id;

    CHECK(!entry_holds(&unused, &zero, &id));
    /* The sequence wraps to what means used, not to what means never used. */
    atomic_store(&unused.sequence, UINT32_MAX - 1);
    CHECK(entry_write(&unused, &zero, 7));
    CHECK(entry_holds(&unused, &zero, &id));
    CHECK_EQUAL(id, 7);
}

static const struct test_case cases[] = {
    {"no_torn_entry_is_a_match", no_torn_entry_is_a_match},
    {"an_entry_in_use_is_left_alone", an_entry_in_use_is_left_alone},
    {"an_unused_entry_is_no_match", an_unused_entry_is_no_match},
};

TEST_MAIN(cases)
