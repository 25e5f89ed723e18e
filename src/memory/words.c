/* SPDX-License-Identifier: MIT */
/* The words of an entry: 24 bits of mark, 8 of extra, 32 of value. Each stands for itself, so
 * relaxed order does everywhere. */
#include "memory/table.h"

/* Against a process that writes at random, not against an honest one: each failed attempt means
 * that somebody else succeeded. */
#define ATTEMPTS 64

#define RTT_MOST ((UINT32_C(1) << 24) - 1)

static uint64_t pack(uint32_t mark, struct fact fact)
{
    return (uint64_t)mark << 40 | (uint64_t)fact.extra << 32 | fact.value;
}

static struct fact unpack(uint64_t word, uint32_t mark)
{
    if (word >> 40 != mark)
        return (struct fact){0, 0};
    return (struct fact){(uint32_t)word, (uint8_t)(word >> 32)};
}

struct fact fact_get(table_word *word, uint32_t mark)
{
    return unpack(atomic_load_explicit(word, memory_order_relaxed), mark);
}

void fact_set(table_word *word, uint32_t mark, struct fact fact)
{
    atomic_store_explicit(word, pack(mark, fact), memory_order_relaxed);
}

void fact_change(table_word *word, uint32_t mark, fact_change_fn *change, uint32_t now)
{
    uint64_t found = atomic_load_explicit(word, memory_order_relaxed);
    for (int i = 0; i < ATTEMPTS; i++) {
        struct fact fact = unpack(found, mark);
        if (!change(&fact, now) ||
            atomic_compare_exchange_weak_explicit(word, &found, pack(mark, fact),
                                                  memory_order_relaxed, memory_order_relaxed))
            return;
    }
}

void count_one(table_word *word, uint32_t mark)
{
    const uint64_t first = pack(mark, (struct fact){1, 0});
    uint64_t found = atomic_load_explicit(word, memory_order_relaxed);
    for (int i = 0; i < ATTEMPTS && found >> 40 != mark; i++)
        if (atomic_compare_exchange_weak_explicit(word, &found, first, memory_order_relaxed,
                                                  memory_order_relaxed))
            return;
    if (found >> 40 == mark)
        atomic_fetch_add_explicit(word, 1, memory_order_relaxed);
}

/* 24 bits of round trip, of which 8 stand in the extra, and 16 of room. */
struct fact path_pack(struct path path)
{
    uint32_t rtt = path.min_rtt_us < RTT_MOST ? path.min_rtt_us : RTT_MOST;
    return (struct fact){.value = rtt << 16 | path.room, .extra = (uint8_t)(rtt >> 16)};
}

struct path path_unpack(struct fact fact)
{
    return (struct path){.min_rtt_us = (uint32_t)fact.extra << 16 | fact.value >> 16,
                         .room = (uint16_t)fact.value};
}

struct seen seen_get(struct entry *entry)
{
    uint64_t word = atomic_load_explicit(&entry->seen, memory_order_relaxed);
    return (struct seen){.time = (uint32_t)(word >> 32),
                         .reason = (enum memory_reason)(word >> 24 & 0xff),
                         .rtt_us = (uint32_t)word & RTT_MOST};
}

/* As in RFC 6298: an eighth of the way to the new one. */
static uint32_t smoothed(uint32_t old, uint32_t sample)
{
    if (sample > RTT_MOST)
        sample = RTT_MOST;
    if (old == 0 || sample == 0)
        return old + sample;
    return old - old / 8 + sample / 8;
}

void seen_note(struct entry *entry, uint32_t now, enum memory_reason reason, uint32_t rtt_us)
{
    uint64_t found = atomic_load_explicit(&entry->seen, memory_order_relaxed);
    for (int i = 0; i < ATTEMPTS; i++) {
        uint32_t rtt = smoothed((uint32_t)found & RTT_MOST, rtt_us);
        uint64_t told = reason != MEMORY_REASON_NONE ? (uint64_t)reason : found >> 24 & 0xff;
        uint64_t wanted = (uint64_t)now << 32 | told << 24 | rtt;
        if (wanted == found ||
            atomic_compare_exchange_weak_explicit(&entry->seen, &found, wanted,
                                                  memory_order_relaxed, memory_order_relaxed))
            return;
    }
}
