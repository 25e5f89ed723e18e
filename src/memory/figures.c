/* SPDX-License-Identifier: MIT */
/* Listeners, and walking the table for whoever shows it. */
#include "memory/facts.h"
#include "memory/lessons.h"

/* ---- listeners ---- */

static struct entry *listener(const struct memory_destination *destination, uint32_t *mark)
{
    struct key key = key_of(destination);
    struct entry *entry = entry_claim(AREA_LISTENERS, &key);
    *mark = key.mark;
    if (entry)
        seen_note(entry, memory_now(), MEMORY_REASON_NONE, 0);
    return entry;
}

void memory_listener(const struct memory_destination *destination, uint32_t queue)
{
    uint32_t mark;
    struct entry *entry = listener(destination, &mark);
    if (!entry)
        return;
    fact_set(&entry->state[STATE_QUEUE], mark, (struct fact){queue, 0});
    count_one(&entry->count[COUNT_SET], mark);
}

void memory_listener_accepted(const struct memory_destination *destination)
{
    uint32_t mark;
    struct entry *entry = listener(destination, &mark);
    if (entry)
        count_one(&entry->count[COUNT_TAKEN], mark);
}

void memory_listener_guard(const struct memory_destination *destination, enum memory_guard what)
{
    static const enum table_counter counters[] = {[MEMORY_GUARDED] = COUNT_GUARDED,
                                                  [MEMORY_PROVED] = COUNT_PROVED,
                                                  [MEMORY_UNPROVED] = COUNT_UNPROVED};
    uint32_t mark;
    struct entry *entry = listener(destination, &mark);
    if (entry)
        count_one(&entry->count[counters[what]], mark);
}

/* ---- walking ---- */

static uint32_t value_of(table_word *word, uint32_t mark)
{
    return fact_get(word, mark).value;
}

static enum memory_reason known(enum memory_reason reason)
{
    return (unsigned)reason < MEMORY_REASONS ? reason : MEMORY_REASON_NONE;
}

static void copy_counters(struct entry *entry, uint32_t mark, struct memory_entry *copy)
{
    struct margin *margin = entry_margin(entry);
    copy->deferred = value_of(&entry->count[COUNT_DEFERRED], mark);
    copy->started = value_of(&entry->count[COUNT_STARTED], mark);
    copy->accepted = value_of(&entry->count[COUNT_ACCEPTED], mark);
    copy->no_cookie = value_of(&entry->count[COUNT_NO_COOKIE], mark);
    copy->ignored = value_of(&entry->count[COUNT_IGNORED], mark);
    copy->retransmitted = value_of(&entry->count[COUNT_RETRANSMITTED], mark);
    copy->struck = value_of(&entry->count[COUNT_STRUCK], mark);
    copy->connected = value_of(&entry->count[COUNT_CONNECTED], mark);
    copy->stale = margin ? value_of(&margin->stale, mark) : 0;
    copy->tried =
        copy->accepted + copy->no_cookie + copy->ignored + copy->retransmitted + copy->stale;
}

static void copy_facts(struct entry *entry, uint32_t mark, struct memory_entry *copy)
{
    struct seen seen = seen_get(entry);
    struct fact backoff = fact_get(&entry->state[STATE_BACKOFF], mark);
    struct fact lately = fact_get(&entry->state[STATE_LATELY], mark);
    struct path path = path_unpack(fact_get(&entry->state[STATE_PATH], mark));
    uint32_t now = memory_now();
    copy->last_connected = lately.value;
    copy->local = (lately.extra & LATELY_LOCAL) != 0;
    copy->min_rtt_us = path.min_rtt_us;
    copy->room = path.room;
    copy->backed_off_until = backoff_holds(backoff, now) ? backoff.value : 0;
    for (unsigned i = 0; i < MEMORY_LESSONS; i++)
        copy->learned_until[i] = lesson_until(entry, (enum memory_lesson)i, now);
    copy->rtt_us = seen.rtt_us;
    copy->last_seen = seen.time;
    copy->reason = known(seen.reason);
}

/* The entry of that number, and whose it is. */
static struct entry *entry_at(enum table_area area, unsigned index, struct key *key,
                              struct memory_destination *destination)
{
    struct entry *entry;
    if (index >= table_sets(area) * TABLE_WAYS)
        return NULL;
    entry = table_set(area, index / TABLE_WAYS) + index % TABLE_WAYS;
    return entry_key(entry, key, destination) ? entry : NULL;
}

static bool still(struct entry *entry, const struct key *key)
{
    struct memory_destination destination;
    struct key now;
    return entry_key(entry, &now, &destination) && now.tag == key->tag;
}

bool memory_entry(unsigned index, struct memory_entry *copy)
{
    struct key key;
    struct entry *entry = entry_at(AREA_DESTINATIONS, index, &key, &copy->destination);
    if (!entry)
        return false;
    copy_counters(entry, key.mark, copy);
    copy_facts(entry, key.mark, copy);
    return still(entry, &key);
}

bool memory_listener_entry(unsigned index, struct memory_listener_entry *copy)
{
    struct key key;
    struct entry *entry = entry_at(AREA_LISTENERS, index, &key, &copy->listener);
    if (!entry)
        return false;
    copy->queue = value_of(&entry->state[STATE_QUEUE], key.mark);
    copy->set = value_of(&entry->count[COUNT_SET], key.mark);
    copy->accepted = value_of(&entry->count[COUNT_TAKEN], key.mark);
    copy->guarded = value_of(&entry->count[COUNT_GUARDED], key.mark);
    copy->proved = value_of(&entry->count[COUNT_PROVED], key.mark);
    copy->unproved = value_of(&entry->count[COUNT_UNPROVED], key.mark);
    copy->last_seen = seen_get(entry).time;
    return still(entry, &key);
}

static void reset_margin(struct margin *margin)
{
    if (!margin)
        return;
    atomic_store_explicit(&margin->stale, 0, memory_order_relaxed);
    atomic_store_explicit(&margin->cookie, 0, memory_order_relaxed);
    atomic_store_explicit(&margin->changed, 0, memory_order_relaxed);
}

static void reset(enum table_area area)
{
    struct entry *entries = table_all(area);
    for (unsigned i = 0; i < table_sets(area) * TABLE_WAYS; i++) {
        /* The tag first: what somebody notes from now on is about a new entry. */
        atomic_store(&entries[i].tag, 0);
        atomic_store_explicit(&entries[i].seen, 0, memory_order_relaxed);
        for (unsigned j = 0; j < STATES; j++)
            atomic_store_explicit(&entries[i].state[j], 0, memory_order_relaxed);
        for (unsigned j = 0; j < COUNTERS; j++)
            atomic_store_explicit(&entries[i].count[j], 0, memory_order_relaxed);
        entry_wipe_lessons(&entries[i]);
        reset_margin(entry_margin(&entries[i]));
    }
}

void memory_reset(void)
{
    reset(AREA_DESTINATIONS);
    reset(AREA_LISTENERS);
    for (uint32_t i = 0; i < TABLE_REFUSALS; i++)
        atomic_store_explicit(table_refusal(&(struct key){.hash = i}), 0, memory_order_relaxed);
}
