/* SPDX-License-Identifier: MIT */
/* The figures that programs are given: the same in JSON and for Prometheus. */
#include "cli/stat.h"

#include <math.h>

#define FIELD(name, type, expression)                                                              \
    static double name(const void *of, uint32_t now)                                               \
    {                                                                                              \
        const struct type *entry = of;                                                             \
                                                                                                   \
        (void)now;                                                                                 \
        return (expression);                                                                       \
    }

FIELD(deferred, memory_entry, entry->deferred)
FIELD(started, memory_entry, entry->started)
FIELD(accepted, memory_entry, entry->accepted)
FIELD(no_cookie, memory_entry, entry->no_cookie)
FIELD(ignored, memory_entry, entry->ignored)
FIELD(retransmitted, memory_entry, entry->retransmitted)
FIELD(stale, memory_entry, entry->stale)
FIELD(connected, memory_entry, entry->connected)
FIELD(struck, memory_entry, entry->struck)
FIELD(round_trip, memory_entry, entry->rtt_us == 0 ? NAN : entry->rtt_us / 1e6)
FIELD(saved, memory_entry, stat_saved_seconds(entry))
FIELD(backed_off, memory_entry, stat_left(entry->backed_off_until, now))
FIELD(min_round_trip, memory_entry, entry->min_rtt_us == 0 ? NAN : entry->min_rtt_us / 1e6)
FIELD(room, memory_entry, entry->room == 0 ? NAN : entry->room)
FIELD(reads_first, memory_entry, stat_left(entry->learned_until[MEMORY_READS_FIRST], now))
FIELD(writes_unfit, memory_entry, stat_left(entry->learned_until[MEMORY_WRITES_UNFIT], now))
FIELD(never_reads, memory_entry, stat_left(entry->learned_until[MEMORY_NEVER_READS], now))
FIELD(costs_a_wait, memory_entry, stat_left(entry->learned_until[MEMORY_COSTS_A_WAIT], now))
FIELD(connected_age, memory_entry,
      entry->last_connected == 0 ? NAN : stat_age(entry->last_connected, now))
FIELD(seen_age, memory_entry, stat_age(entry->last_seen, now))
FIELD(queue, memory_listener_entry, entry->queue)
FIELD(set, memory_listener_entry, entry->set)
FIELD(taken, memory_listener_entry, entry->accepted)
FIELD(guarded, memory_listener_entry, entry->guarded)
FIELD(proved, memory_listener_entry, entry->proved)
FIELD(unproved, memory_listener_entry, entry->unproved)
FIELD(listener_seen_age, memory_listener_entry, stat_age(entry->last_seen, now))

const struct stat_field stat_destination_fields[] = {
    {"deferred", "connects_deferred_total", NULL, "Connects that were deferred.", deferred},
    {"started", "connects_started_total", NULL,
     "Deferred connects whose SYN had to leave without data.", started},
    {"accepted", "fast_opens_total", "accepted",
     "SYNs with data, by what became of the data; accepted ones saved a round trip.", accepted},
    {"no_cookie", "fast_opens_total", "no_cookie", NULL, no_cookie},
    {"ignored", "fast_opens_total", "ignored", NULL, ignored},
    {"retransmitted", "fast_opens_total", "retransmitted", NULL, retransmitted},
    {"stale", "fast_opens_total", "stale", NULL, stale},
    {"connected", "handshakes_total", NULL, "Handshakes that were completed.", connected},
    {"failed", "connects_failed_total", NULL, "Connects that were refused, reset or timed out.",
     struck},
    {"round_trip_seconds", "round_trip_seconds", NULL, "The smoothed round-trip time.", round_trip},
    {"min_round_trip_seconds", "min_round_trip_seconds", NULL, "The least round-trip time.",
     min_round_trip},
    {"syn_room_bytes", "syn_room_bytes", NULL, "How much data a SYN takes.", room},
    {"saved_seconds", "saved_seconds", NULL,
     "Time saved, by today's round-trip time: one for each accepted fast open.", saved},
    {"backed_off_seconds", "backed_off_seconds", NULL,
     "For how long yet no fast open is tried, because some have failed.", backed_off},
    {"reads_first_seconds", "reads_first_seconds", NULL,
     "For how long yet no connect of some program is deferred, because it reads first.",
     reads_first},
    {"writes_unfit_seconds", "writes_unfit_seconds", NULL,
     "The same, because its first writes may not go into a SYN.", writes_unfit},
    {"never_reads_seconds", "never_reads_seconds", NULL, "The same, because it never reads.",
     never_reads},
    {"costs_a_wait_seconds", "costs_a_wait_seconds", NULL,
     "The same, because deferring made it wait.", costs_a_wait},
    {"connected_seconds_ago", "connected_age_seconds", NULL, "Time since the last handshake.",
     connected_age},
    {"seen_seconds_ago", "seen_age_seconds", NULL, "Time since anything happened.", seen_age},
    {NULL, NULL, NULL, NULL, NULL},
};

const struct stat_field stat_listener_fields[] = {
    {"queue", "listener_queue_length", NULL, "TCP_FASTOPEN as it was set last.", queue},
    {"set", "listener_set_total", NULL, "How often TCP_FASTOPEN was set.", set},
    {"accepted", "listener_fast_opens_total", NULL, "Connections that had data in their SYN.",
     taken},
    {"guarded", "listener_guarded_total", NULL,
     "Connections whose bytes waited until their client was proved.", guarded},
    {"proved", "listener_proved_total", NULL, "Guarded connections whose client was there.",
     proved},
    {"unproved", "listener_unproved_total", NULL, "Guarded connections whose client was not.",
     unproved},
    {"seen_seconds_ago", "listener_seen_age_seconds", NULL, "Time since anything happened.",
     listener_seen_age},
    {NULL, NULL, NULL, NULL, NULL},
};
