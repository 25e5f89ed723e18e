/* SPDX-License-Identifier: MIT */
/* The finding and claiming of entries. */
#include "memory/table.h"
#include "hash/hash.h"

#include <string.h>

unsigned table_sets(enum table_area area)
{
    return (area == AREA_DESTINATIONS ? MEMORY_ENTRIES : MEMORY_LISTENERS) / TABLE_WAYS;
}

static struct entry *first_in(struct table *table, enum table_area area)
{
    return area == AREA_DESTINATIONS ? table->destinations : table->listeners;
}

struct entry *table_set(enum table_area area, unsigned set)
{
    return first_in(table_in_use(), area) + (size_t)(set % table_sets(area)) * TABLE_WAYS;
}

struct entry *table_all(enum table_area area)
{
    return first_in(table_in_use(), area);
}

table_word *table_refusal(const struct key *key)
{
    return &table_in_use()->refusals[key->hash % TABLE_REFUSALS];
}

static struct key key_from(uint64_t netns, const uint64_t address[2], uint16_t port)
{
    struct key key = {.netns = netns, .address = {address[0], address[1]}};
    uint64_t first = hash_mix(hash_mix(hash_mix(netns + port) ^ address[0]) ^ address[1]) ^ port;
    uint64_t second = hash_mix(first ^ UINT64_C(0x9e3779b97f4a7c15));
    first = hash_mix(first) & ~UINT64_C(0xffff);
    key.tag = (first ? first : UINT64_C(0x10000)) | port;
    key.mark = (uint32_t)(second >> 40) | 1;
    key.hash = (uint32_t)second;
    return key;
}

struct key key_of(const struct memory_destination *destination)
{
    uint64_t address[2];
    memcpy(address, destination->endpoint.address, sizeof address);
    return key_from(destination->netns, address, destination->endpoint.port);
}

uint32_t mark_of_program(const struct key *key, uint32_t program)
{
    return (uint32_t)(hash_mix(key->tag ^ (uint64_t)program << 24 ^ key->mark) >> 40) | 1;
}

uint16_t tag_port(uint64_t tag)
{
    return (uint16_t)tag;
}

bool entry_key(struct entry *entry, struct key *key, struct memory_destination *destination)
{
    uint64_t tag = atomic_load_explicit(&entry->tag, memory_order_relaxed);
    uint64_t netns = atomic_load_explicit(&entry->netns, memory_order_relaxed), address[2];
    for (int i = 0; i < 2; i++)
        address[i] = atomic_load_explicit(&entry->address[i], memory_order_relaxed);
    *key = key_from(netns, address, tag_port(tag));
    destination->netns = netns;
    destination->endpoint.port = tag_port(tag);
    memcpy(destination->endpoint.address, address, sizeof address);
    return tag != 0 && key->tag == tag;
}

/* The words beside the tag. All who hold this tag write the same ones, so it does not matter who
 * does, or how often. */
static bool holds_words(struct entry *entry, const struct key *key)
{
    return atomic_load_explicit(&entry->netns, memory_order_relaxed) == key->netns &&
           atomic_load_explicit(&entry->address[0], memory_order_relaxed) == key->address[0] &&
           atomic_load_explicit(&entry->address[1], memory_order_relaxed) == key->address[1];
}

static void write_words(struct entry *entry, const struct key *key)
{
    atomic_store_explicit(&entry->netns, key->netns, memory_order_relaxed);
    for (int i = 0; i < 2; i++)
        atomic_store_explicit(&entry->address[i], key->address[i], memory_order_relaxed);
}

static struct entry *find_tag(struct entry *set, uint64_t tag)
{
    for (unsigned way = 0; way < TABLE_WAYS; way++)
        if (atomic_load(&set[way].tag) == tag)
            return &set[way];
    return NULL;
}

struct entry *entry_find(enum table_area area, const struct key *key)
{
    struct entry *entry = find_tag(table_set(area, key->hash), key->tag);
    return entry && holds_words(entry, key) ? entry : NULL;
}

/* The lower, the sooner it goes: free ones first, then by time; among those of one second, the ones
 * connected to most often stay. A time to come is no time. */
static uint64_t worth(struct entry *entry, uint64_t tag, uint32_t now)
{
    uint32_t time = seen_get(entry).time;
    if (tag == 0)
        return 0;
    return (uint64_t)(time == 0 || time > now ? 1 : time) << 32 |
           (uint32_t)atomic_load_explicit(&entry->count[COUNT_CONNECTED], memory_order_relaxed);
}

static struct entry *stalest(struct entry *set, uint64_t *tag, uint32_t now)
{
    struct entry *found = NULL;
    uint64_t least = UINT64_MAX;
    for (unsigned way = 0; way < TABLE_WAYS; way++) {
        uint64_t held = atomic_load(&set[way].tag), is_worth = worth(&set[way], held, now);
        if (found && is_worth >= least)
            continue;
        found = &set[way];
        least = is_worth;
        *tag = held;
    }
    return found;
}

static void wipe(table_word *word, uint32_t mark)
{
    uint64_t found = atomic_load_explicit(word, memory_order_relaxed);
    /* What has our mark was said about us, by somebody who found the tag before we were done. */
    if (found >> 40 != mark)
        atomic_compare_exchange_strong_explicit(word, &found, 0, memory_order_relaxed,
                                                memory_order_relaxed);
}

/* Lessons are marked with a program's mark besides: whose they were is not seen. */
void entry_wipe_lessons(struct entry *entry)
{
    for (unsigned lesson = 0; lesson < MEMORY_LESSONS; lesson++)
        for (unsigned way = 0; way < MEMORY_LESSON_PROGRAMS; way++)
            atomic_store_explicit(&entry->lessons[lesson][way], 0, memory_order_relaxed);
}

struct margin *entry_margin(const struct entry *entry)
{
    struct table *table = table_in_use();
    uintptr_t at = (uintptr_t)entry - (uintptr_t)table->destinations;
    return at < sizeof table->destinations ? &table->margins[at / sizeof *entry] : NULL;
}

static void wipe_margin(const struct entry *entry, uint32_t mark)
{
    struct margin *margin = entry_margin(entry);
    if (!margin)
        return;
    wipe(&margin->stale, mark);
    wipe(&margin->cookie, mark);
    wipe(&margin->changed, mark);
}

static void wipe_all(struct entry *entry, uint32_t mark)
{
    for (unsigned i = 0; i < STATES; i++)
        wipe(&entry->state[i], mark);
    for (unsigned i = 0; i < COUNTERS; i++)
        wipe(&entry->count[i], mark);
    wipe_margin(entry, mark);
    entry_wipe_lessons(entry);
}

/* Two claims of one key at a time may have taken two entries: one of the two sees the other's. The
 * first entry stays, for that is the one that is found. */
static struct entry *sole(struct entry *set, struct entry *claimed, uint64_t tag)
{
    struct entry *first = find_tag(set, tag);
    for (unsigned way = 0; first && way < TABLE_WAYS; way++) {
        uint64_t expected = tag;
        if (&set[way] > first)
            atomic_compare_exchange_strong(&set[way].tag, &expected, 0);
    }
    return first ? first : claimed;
}

struct entry *entry_claim(enum table_area area, const struct key *key)
{
    struct entry *set = table_set(area, key->hash);
    uint32_t now = memory_now();
    for (unsigned attempt = 0; attempt < TABLE_WAYS; attempt++) {
        struct entry *entry = find_tag(set, key->tag);
        uint64_t tag;
        if (entry) {
            if (!holds_words(entry, key))
                write_words(entry, key);
            return entry;
        }
        entry = stalest(set, &tag, now);
        /* Before it is ours, lest it still be the stalest to the next that looks. */
        atomic_store_explicit(&entry->seen, (uint64_t)now << 32, memory_order_relaxed);
        if (!atomic_compare_exchange_strong(&entry->tag, &tag, key->tag))
            continue;
        write_words(entry, key);
        wipe_all(entry, key->mark);
        return sole(set, entry, key->tag);
    }
    return NULL;
}
