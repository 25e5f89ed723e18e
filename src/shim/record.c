/* SPDX-License-Identifier: MIT */
#include "shim/record.h"

#include "kernel/tcp.h"
#include "shim/concern.h"
#include "slot/slot.h"

#include <string.h>
#include <sys/syscall.h>

static struct record_slot connections[RECORD_CONNECTIONS], notes[RECORD_NOTES];
struct record_table record_connections = {.size = RECORD_CONNECTIONS, .slots = connections};
struct record_table record_notes = {.size = RECORD_NOTES, .slots = notes};

static long own_process;

struct payload {
    uint64_t socket_cookie;
    uint64_t owner;
    uint64_t netns;
    union record_address address;
    uint32_t send_timeout_ms;
    uint32_t round_trip_us;
    uint32_t forks;
    uint16_t room;
    uint16_t untried;
    uint32_t epoll_events;
    /* These change while the record lives, each as one word. */
    int64_t syn_left_ms;
    uint64_t epoll_data;
    int32_t epoll;
    uint16_t error;
    uint16_t port;
};
#define CHANGING_WORDS 4

_Static_assert(sizeof(union record_tag) == sizeof(uint64_t), "the tag is one word");
_Static_assert(22 + 4 + RECORD_FLAG_BITS == SLOT_GENERATION_SHIFT, "the generation is on top");
_Static_assert(sizeof(struct payload) % sizeof(uint64_t) == 0 &&
                   sizeof(struct payload) <= RECORD_PAYLOAD_WORDS * sizeof(uint64_t),
               "the payload fits its slot");
#define WORDS (sizeof(struct payload) / sizeof(uint64_t))

void record_own_process(void)
{
    own_process = tcp_call(SYS_getpid, 0, 0, 0, 0, 0, 0);
}

bool record_is_own_process(void)
{
    return tcp_call(SYS_getpid, 0, 0, 0, 0, 0, 0) == own_process;
}

bool record_get_slot(struct record_table *table, unsigned slot, struct record *record)
{
    struct record_slot *from = &table->slots[slot];
    uint64_t words[WORDS];
    if (!slot_copy(&from->tag, from->payload, WORDS, &record->tag.word, words) ||
        record->tag.state < RECORD_DEFERRED)
        return false;
    struct payload payload;
    memcpy(&payload, words, sizeof payload);
    record->fd = (int)(record->tag.key - 1);
    record->socket_cookie = payload.socket_cookie;
    record->owner = payload.owner;
    record->netns = payload.netns;
    record->address = payload.address;
    record->send_timeout_ms = payload.send_timeout_ms;
    record->round_trip_us = payload.round_trip_us;
    record->forks = payload.forks;
    record->room = payload.room;
    record->untried = payload.untried;
    record->error = (uint8_t)payload.error;
    record->port = payload.port;
    record->epoll = payload.epoll;
    record->epoll_data = payload.epoll_data;
    record->epoll_events = payload.epoll_events;
    record->syn_left_ms = payload.syn_left_ms;
    return true;
}

bool record_get(struct record_table *table, int fd, struct record *record)
{
    return record_present(table, fd) && record_get_slot(table, record_slot_of(table, fd), record) &&
           record->fd == fd;
}

static void store(struct record_slot *to, const struct record *record, size_t first)
{
    struct payload payload = {
        .socket_cookie = record->socket_cookie,
        .owner = record->owner,
        .netns = record->netns,
        .address = record->address,
        .send_timeout_ms = record->send_timeout_ms,
        .round_trip_us = record->round_trip_us,
        .forks = record->forks,
        .room = record->room,
        .untried = record->untried,
        .syn_left_ms = record->syn_left_ms,
        .epoll_data = record->epoll_data,
        .epoll_events = record->epoll_events,
        .epoll = record->epoll,
        .error = record->error,
        .port = record->port,
    };
    uint64_t words[WORDS];
    memcpy(words, &payload, sizeof payload);
    for (size_t i = first; i < WORDS; i++)
        atomic_store_explicit(&to->payload[i], words[i], memory_order_release);
}

static void add_live(struct record_table *table)
{
    if (table == &record_connections)
        concern_add_connection();
    else
        concern_add_descriptors(1);
    atomic_fetch_add(&table->live, 1);
}

static void remove_live(struct record_table *table)
{
    atomic_fetch_sub(&table->live, 1);
    if (table == &record_connections)
        concern_remove_connection();
    else
        concern_remove_descriptors(1);
}

bool record_put(struct record_table *table, struct record *record)
{
    return record_is_own_process() && record_put_truth(table, record);
}

bool record_put_truth(struct record_table *table, struct record *record)
{
    if ((uint32_t)record->fd >= RECORD_DESCRIPTORS)
        return false;
    struct record_slot *to = &table->slots[record_slot_of(table, record->fd)];
    uint64_t found = atomic_load_explicit(&to->tag, memory_order_relaxed);
    union record_tag claim = {.word = slot_next_generation(found)};
    if (((union record_tag){.word = found}).key != 0)
        return false;
    claim.key = (uint32_t)record->fd + 1;
    claim.state = RECORD_CLAIMED;
    claim.flags = 0;
    if (!atomic_compare_exchange_strong(&to->tag, &found, claim.word))
        return false;

    store(to, record, 0);
    unsigned slot = record_slot_of(table, record->fd), end = record_end(table);
    while (slot >= end && !atomic_compare_exchange_weak(&table->end, &end, slot + 1))
        ;
    add_live(table);
    record->tag.key = claim.key;
    record->tag.generation = claim.generation;
    atomic_store_explicit(&to->tag, record->tag.word, memory_order_release);
    return true;
}

bool record_change(struct record_table *table, struct record *record, enum record_state state,
                   unsigned flags)
{
    union record_tag to = record->tag;
    to.state = state;
    to.flags = flags;
    if (!atomic_compare_exchange_strong(&table->slots[record_slot_of(table, record->fd)].tag,
                                        &record->tag.word, to.word))
        return false;
    record->tag = to;
    return true;
}

void record_save(struct record_table *table, const struct record *record)
{
    struct record_slot *to = &table->slots[record_slot_of(table, record->fd)];
    if (slot_same_generation(atomic_load_explicit(&to->tag, memory_order_relaxed),
                             record->tag.word))
        store(to, record, WORDS - CHANGING_WORDS);
}

bool record_forget(struct record_table *table, const struct record *record)
{
    return record_is_own_process() && record_forget_past(table, record);
}

bool record_forget_past(struct record_table *table, const struct record *record)
{
    uint64_t seen = record->tag.word;
    /* The generation stays: who copies meanwhile is to see that the slot changed hands. */
    union record_tag nobody = {.generation = record->tag.generation};
    if (!atomic_compare_exchange_strong(&table->slots[record_slot_of(table, record->fd)].tag, &seen,
                                        nobody.word))
        return false;
    remove_live(table);
    return true;
}
