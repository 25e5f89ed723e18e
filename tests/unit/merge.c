/* SPDX-License-Identifier: MIT */
/* What several memories know of one place. */
#include "check.h"
#include "cli/stat.h"

static struct memory_entry one(uint64_t netns, uint16_t port, uint32_t seen, uint32_t accepted)
{
    return (struct memory_entry){.destination = {.netns = netns, .endpoint = {.port = port}},
                                 .tried = accepted,
                                 .accepted = accepted,
                                 .connected = accepted + 1,
                                 .last_seen = seen};
}

static void places_are_kept_apart(void)
{
    struct memory_entry entries[] = {one(1, 443, 5, 1), one(2, 443, 6, 2), one(1, 80, 7, 3),
                                     one(1, 443, 4, 10)};
    struct stat_view view = {.destinations = entries, .destination_count = 4};
    stat_merge(&view);
    CHECK_EQUAL(view.destination_count, 3);
    for (size_t i = 0; i < view.destination_count; i++) {
        const struct memory_destination *place = &entries[i].destination;
        uint32_t expected = place->netns == 2 ? 2 : place->endpoint.port == 80 ? 3 : 11;
        CHECK_EQUAL(entries[i].accepted, expected);
        CHECK_EQUAL(entries[i].tried, expected);
    }
}

static void the_later_says_what_happened_last(void)
{
    struct memory_entry entries[] = {one(1, 443, 9, 1), one(1, 443, 4, 1)};
    struct stat_view view = {.destinations = entries, .destination_count = 2};
    entries[0].reason = MEMORY_REASON_ACCEPTED;
    entries[0].rtt_us = 1000;
    entries[0].min_rtt_us = 900;
    entries[1].reason = MEMORY_REASON_STRUCK;
    entries[1].rtt_us = 5000;
    entries[1].min_rtt_us = 800;
    entries[1].room = 1400;
    entries[1].backed_off_until = 77;
    entries[1].last_connected = 3;
    entries[1].learned_until[MEMORY_NEVER_READS] = 99;
    stat_merge(&view);
    CHECK_EQUAL(view.destination_count, 1);
    CHECK_EQUAL(entries[0].reason, MEMORY_REASON_ACCEPTED);
    CHECK_EQUAL(entries[0].rtt_us, 1000);
    CHECK_EQUAL(entries[0].min_rtt_us, 800);
    CHECK_EQUAL(entries[0].room, 1400);
    CHECK_EQUAL(entries[0].backed_off_until, 77);
    CHECK_EQUAL(entries[0].last_connected, 3);
    CHECK_EQUAL(entries[0].learned_until[MEMORY_NEVER_READS], 99);
    CHECK_EQUAL(entries[0].connected, 4);
}

static void listeners_are_added_up(void)
{
    struct memory_listener_entry entries[] = {
        {.listener = {.netns = 1, .endpoint = {.port = 80}},
         .queue = 5,
         .set = 1,
         .accepted = 2,
         .last_seen = 8},
        {.listener = {.netns = 1, .endpoint = {.port = 80}},
         .queue = 9,
         .set = 3,
         .accepted = 4,
         .last_seen = 7},
    };
    struct stat_view view = {.listeners = entries, .listener_count = 2};
    stat_merge(&view);
    CHECK_EQUAL(view.listener_count, 1);
    CHECK_EQUAL(entries[0].queue, 5);
    CHECK_EQUAL(entries[0].set, 4);
    CHECK_EQUAL(entries[0].accepted, 6);
}

static void nothing_stays_nothing(void)
{
    struct stat_view view = {.destination_count = 0};
    stat_merge(&view);
    CHECK_EQUAL(view.destination_count, 0);
    CHECK_EQUAL(view.listener_count, 0);
}

static const struct test_case cases[] = {
    {"places_are_kept_apart", places_are_kept_apart},
    {"the_later_says_what_happened_last", the_later_says_what_happened_last},
    {"listeners_are_added_up", listeners_are_added_up},
    {"nothing_stays_nothing", nothing_stays_nothing},
};

TEST_MAIN(cases)
