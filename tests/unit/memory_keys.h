/* SPDX-License-Identifier: MIT */
/* Destinations for the tests of the memory, and a clock that stands until it is set. */
#ifndef TFOSHIM_TESTS_UNIT_MEMORY_KEYS_H
#define TFOSHIM_TESTS_UNIT_MEMORY_KEYS_H

#include "check.h"
#include "memory/memory.h"

#include <arpa/inet.h>

static uint32_t test_time = 1000000;

static inline uint32_t test_clock(void)
{
    return test_time;
}

/* "192.0.2.1" or "2001:db8::1". */
static inline struct endpoint test_endpoint(const char *text, uint16_t port)
{
    struct endpoint endpoint = {.port = port};
    endpoint.address[10] = endpoint.address[11] = 0xff;
    if (inet_pton(AF_INET, text, endpoint.address + 12) != 1)
        CHECK(inet_pton(AF_INET6, text, endpoint.address) == 1);
    return endpoint;
}

static inline struct memory_destination test_destination(const char *text, uint16_t port)
{
    return (struct memory_destination){.netns = 1, .endpoint = test_endpoint(text, port)};
}

/* The one with that number: 10.x.x.x, port 443. */
static inline struct memory_destination test_numbered(uint32_t number)
{
    struct memory_destination destination = test_destination("10.0.0.0", 443);
    destination.endpoint.address[13] = (uint8_t)(number >> 16);
    destination.endpoint.address[14] = (uint8_t)(number >> 8);
    destination.endpoint.address[15] = (uint8_t)number;
    return destination;
}

static inline bool test_same(const struct memory_destination *a, const struct memory_destination *b)
{
    return a->netns == b->netns && a->endpoint.port == b->endpoint.port &&
           memcmp(a->endpoint.address, b->endpoint.address, sizeof a->endpoint.address) == 0;
}

/* Looks for it as `tfoshim stat` would. */
static inline bool test_look(const struct memory_destination *destination,
                             struct memory_entry *copy)
{
    for (unsigned i = 0; i < MEMORY_ENTRIES; i++)
        if (memory_entry(i, copy) && test_same(&copy->destination, destination))
            return true;
    memset(copy, 0, sizeof *copy);
    return false;
}

static inline struct memory_entry test_entry(const struct memory_destination *destination)
{
    struct memory_entry copy;
    CHECK(test_look(destination, &copy));
    return copy;
}

/* ---- what the memory says for and against deferring, put as one word ---- */

#define TEST_PROGRAM 7u

enum test_verdict { TEST_BACKED_OFF, TEST_LEARNED, TEST_NOT_LATELY, TEST_DEFER };

static inline enum test_verdict test_judge(const struct memory_destination *destination)
{
    struct memory_knowledge known = memory_recall(destination);
    if (known.backed_off)
        return TEST_BACKED_OFF;
    if (known.lessons != 0)
        return TEST_LEARNED;
    return known.connected_ago <= POLICY_LATELY_S ? TEST_DEFER : TEST_NOT_LATELY;
}

static inline bool test_may_defer(const struct memory_destination *destination)
{
    return test_judge(destination) == TEST_DEFER;
}

static inline void test_connected(const struct memory_destination *destination, uint32_t rtt_us)
{
    struct memory_handshake handshake = {.rtt_us = rtt_us};
    memory_connected(destination, &handshake);
}

/* The same numbers in every run. */
static inline uint32_t test_chance(uint32_t below)
{
    static uint64_t state = 88172645463325252;
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (uint32_t)(state >> 32) % below;
}

/* The memory that a file names. */
static inline void test_open(const char *file)
{
    const char *reason;
    CHECK(memory_set_up(file, TEST_PROGRAM, &reason) == MEMORY_BY_FILE);
    CHECK(reason == NULL);
}

/* ---- one destination, and an empty memory of this process's own ---- */

static struct memory_destination to;

static inline void start_afresh(void)
{
    memory_set_up_alone(TEST_PROGRAM);
    memory_now = test_clock;
    memory_reset();
    to = test_destination("192.0.2.1", 443);
}

static inline void connected_start(void)
{
    start_afresh();
    test_connected(&to, 0);
    CHECK_EQUAL(test_judge(&to), TEST_DEFER);
}

#endif
