/* SPDX-License-Identifier: MIT */
/*
 * Traffic for many hands at one table. Whatever is done is done to keys that crowd into two sets,
 * so that they evict each other all the time; each key has a role, and has only that happen to it.
 * A fact of another role on a key, or a destination that is nobody's, is a torn entry.
 */
#ifndef TFOSHIM_TESTS_UNIT_MEMORY_TRAFFIC_H
#define TFOSHIM_TESTS_UNIT_MEMORY_TRAFFIC_H

#include "check.h"
#include "memory/table.h"

#define TRAFFIC_KEYS 60
#define TRAFFIC_SETS 2

enum traffic_role { ROLE_CONNECTED, ROLE_BACKED_OFF, ROLE_READ_FIRST, ROLES };

static struct memory_destination traffic_keys[TRAFFIC_KEYS];

/* Every word of two of them differs. */
static inline struct memory_destination traffic_key(uint16_t id)
{
    struct memory_destination destination = {.netns = id + UINT64_C(1000)};
    destination.endpoint.port = id;
    for (size_t i = 0; i < 16; i += 2)
        memcpy(destination.endpoint.address + i, &id, sizeof id);
    return destination;
}

static inline unsigned traffic_set(const struct memory_destination *destination)
{
    return key_of(destination).hash % table_sets(AREA_DESTINATIONS);
}

/* The role of a destination's id is in its number. */
static inline enum traffic_role traffic_role(uint16_t id)
{
    return (enum traffic_role)(id % ROLES);
}

static inline void traffic_set_up(void)
{
    unsigned found = 0;
    for (uint16_t id = 1; found < TRAFFIC_KEYS; id++) {
        struct memory_destination destination = traffic_key(id);
        if (traffic_set(&destination) < TRAFFIC_SETS)
            traffic_keys[found++] = destination;
    }
}

/* A key that traffic does not evict. */
static inline struct memory_destination traffic_apart(unsigned n)
{
    for (uint16_t id = 1;; id++) {
        struct memory_destination destination = traffic_key(id);
        if (traffic_set(&destination) == TRAFFIC_SETS + n)
            return destination;
    }
}

static inline void traffic_event(uint32_t random)
{
    const struct memory_destination *destination = &traffic_keys[random % TRAFFIC_KEYS];
    switch (traffic_role(destination->endpoint.port)) {
    case ROLE_CONNECTED:
        test_connected(destination, random % 1000);
        break;
    case ROLE_BACKED_OFF:
        memory_fast_opened(destination, MEMORY_SYN_RETRANSMITTED);
        break;
    default:
        for (unsigned i = 0; i < MEMORY_LESSON_TIMES; i++)
            memory_learn(destination, MEMORY_READS_FIRST);
    }
    if (random >> 16 & 1)
        memory_struck(&traffic_keys[random / 64 % TRAFFIC_KEYS], false);
}

static inline void traffic_check_verdict(uint32_t random)
{
    const struct memory_destination *destination = &traffic_keys[random % TRAFFIC_KEYS];
    static const enum test_verdict of_role[ROLES] = {TEST_DEFER, TEST_BACKED_OFF, TEST_LEARNED};
    enum test_verdict verdict = test_judge(destination);
    if (verdict != TEST_NOT_LATELY)
        CHECK_EQUAL(verdict, of_role[traffic_role(destination->endpoint.port)]);
}

/* Whatever is shown is whole. */
static inline void traffic_check_entry(const struct memory_entry *entry)
{
    struct memory_destination destination = traffic_key(entry->destination.endpoint.port);
    enum traffic_role role = traffic_role(entry->destination.endpoint.port);
    CHECK_EQUAL(entry->destination.netns, destination.netns);
    CHECK(memcmp(&entry->destination.endpoint, &destination.endpoint, 16) == 0);
    CHECK(entry->last_connected == 0 || role == ROLE_CONNECTED);
    CHECK(entry->backed_off_until == 0 || role == ROLE_BACKED_OFF);
    CHECK(entry->last_seen <= memory_now());
}

/* The events of a key set apart, which are counted. */
static inline void traffic_counted(const struct memory_destination *destination)
{
    test_connected(destination, 1000);
    memory_deferred(destination);
    memory_fast_opened(destination, MEMORY_ACCEPTED);
}

#endif
