/* SPDX-License-Identifier: MIT */
/* Threads at one table: for ThreadSanitizer, and for what must hold without it. */
#include "check.h"
#include "memory_keys.h"
#include "memory_traffic.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

#define THREADS 8
#define EVENTS 60000
#define ROUNDS 50000

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

/* ---- two at once claim a key that nobody knows, in a table that is full ---- */

static atomic_uint arrived;

/* Lets both go within a few instructions of each other. */
static void meet(unsigned times)
{
    atomic_fetch_add(&arrived, 1);
    while (atomic_load(&arrived) < 2 * times)
        sched_yield();
}

static unsigned entries_of(const struct memory_destination *destination)
{
    unsigned first = traffic_set(destination) * TABLE_WAYS, found = 0;
    struct memory_entry copy;
    for (unsigned way = 0; way < TABLE_WAYS; way++)
        found += memory_entry(first + way, &copy) && test_same(&copy.destination, destination);
    return found;
}

static void *claim(void *is_first)
{
    for (unsigned round = 0; round < ROUNDS; round++) {
        struct memory_destination destination = test_numbered(round);
        if (is_first)
            test_time++;
        meet(3 * round + 1);
        test_connected(&destination, 0);
        meet(3 * round + 2);
        CHECK_EQUAL(entries_of(&destination), 1);
        CHECK(test_may_defer(&destination));
        meet(3 * round + 3);
    }
    return NULL;
}

static void a_key_has_one_entry(void)
{
    pthread_t other;
    start_afresh();
    CHECK(pthread_create(&other, NULL, claim, NULL) == 0);
    claim(&other);
    pthread_join(other, NULL);
}

static const struct test_case cases[] = {
    {"nothing_is_torn_or_lost", nothing_is_torn_or_lost},
    {"a_key_has_one_entry", a_key_has_one_entry},
};

TEST_MAIN(cases)
