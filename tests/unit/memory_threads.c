/* SPDX-License-Identifier: MIT */
/* Threads at one table: for ThreadSanitizer, and for what must hold without it. */
#include "check.h"
#include "memory_keys.h"
#include "memory_traffic.h"

#include <pthread.h>
#include <stdatomic.h>

#define THREADS 8
#define EVENTS 60000
#define ROUNDS 2000

static struct memory_destination apart;
static atomic_uint working;

static void *work(void *seed)
{
    uint32_t random = *(uint32_t *)seed;

    for (int i = 0; i < EVENTS; i++) {
        random = random * UINT32_C(1664525) + UINT32_C(1013904223);
        traffic_event(random >> 4);
        traffic_check_verdict(random >> 8);
        traffic_counted(&apart);
    }
    atomic_fetch_sub(&working, 1);
    return NULL;
}

static void *watch(void *unused)
{
    struct memory_entry copy;
    unsigned seen = 0;

    (void)unused;
    while (atomic_load(&working) > 0 || seen == 0)
        for (unsigned i = 0; i < TRAFFIC_SETS * TABLE_WAYS; i++)
            if (memory_entry(i, &copy)) {
                traffic_check_entry(&copy);
                seen++;
            }
    return NULL;
}

static void nothing_is_torn_or_lost(void)
{
    pthread_t workers[THREADS], watcher;
    uint32_t seeds[THREADS];
    struct memory_entry copy;

    start_afresh();
    traffic_set_up();
    apart = traffic_apart(0);
    traffic_counted(&apart);
    atomic_store(&working, THREADS);
    for (uint32_t i = 0; i < THREADS; i++) {
        seeds[i] = i;
        CHECK(pthread_create(&workers[i], NULL, work, &seeds[i]) == 0);
    }
    CHECK(pthread_create(&watcher, NULL, watch, NULL) == 0);
    for (unsigned i = 0; i < THREADS; i++)
        pthread_join(workers[i], NULL);
    pthread_join(watcher, NULL);
    copy = test_entry(&apart);
    CHECK_EQUAL(copy.connected, THREADS * EVENTS + 1);
    CHECK_EQUAL(copy.deferred, THREADS * EVENTS + 1);
    CHECK_EQUAL(copy.accepted, THREADS * EVENTS + 1);
    CHECK_EQUAL(copy.rtt_us, 1000);
}

/* ---- all at once at a key that nobody knows ---- */

static pthread_barrier_t barrier;

static void *claim(void *unused)
{
    (void)unused;
    for (uint32_t round = 0; round < ROUNDS; round++) {
        struct memory_destination destination = test_numbered(round);

        pthread_barrier_wait(&barrier);
        memory_connected(&destination, 0);
    }
    return NULL;
}

static void a_key_has_one_entry(void)
{
    pthread_t threads[4];
    struct memory_entry copy;
    static unsigned char entries_of[ROUNDS];

    start_afresh();
    CHECK(pthread_barrier_init(&barrier, NULL, 4) == 0);
    for (unsigned i = 0; i < 4; i++)
        CHECK(pthread_create(&threads[i], NULL, claim, NULL) == 0);
    for (unsigned i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    for (unsigned i = 0; i < MEMORY_ENTRIES; i++) {
        if (!memory_entry(i, &copy))
            continue;
        const uint8_t *address = copy.destination.endpoint.address;
        CHECK(entries_of[address[14] * 256 + address[15]]++ == 0);
        CHECK(memory_may_defer(&copy.destination));
    }
}

static const struct test_case cases[] = {
    {"nothing_is_torn_or_lost", nothing_is_torn_or_lost},
    {"a_key_has_one_entry", a_key_has_one_entry},
};

TEST_MAIN(cases)
