/* SPDX-License-Identifier: MIT */
#include "shim/record.h"

#include "shim/next.h"

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
};

_Static_assert(sizeof(union record_tag) == sizeof(uint64_t), "the tag is one word");
_Static_assert(sizeof(struct payload) <= RECORD_PAYLOAD_WORDS * sizeof(uint64_t),
               "the payload fits its slot");

void record_own_process(void)
{
    own_process = NEXT(syscall)(SYS_getpid);
}

bool record_is_own_process(void)
{
    return NEXT(syscall)(SYS_getpid) == own_process;
}

bool record_get_slot(struct record_table *table, unsigned slot, struct record *record)
{
    struct record_slot *from = &table->slots[slot];
    uint64_t words[RECORD_PAYLOAD_WORDS];
    record->tag.word = atomic_load_explicit(&from->tag, memory_order_acquire);
    if (record->tag.state < RECORD_DEFERRED)
        return false;
    for (unsigned i = 0; i < RECORD_PAYLOAD_WORDS; i++)
        words[i] = atomic_load_explicit(&from->payload[i], memory_order_acquire);
    /* The same descriptor may have been struck out and entered anew meanwhile: such a copy is torn.
     */
    union record_tag again = {.word = atomic_load_explicit(&from->tag, memory_order_relaxed)};
    if (again.key != record->tag.key || again.state < RECORD_DEFERRED)
        return false;

    struct payload payload;
    memcpy(&payload, words, sizeof payload);
    record->fd = (int)(record->tag.key - 1);
    record->socket_cookie = payload.socket_cookie;
    record->owner = payload.owner;
    record->netns = payload.netns;
    record->address = payload.address;
    return true;
}

bool record_get(struct record_table *table, int fd, struct record *record)
{
    return record_present(table, fd) && record_get_slot(table, record_slot_of(table, fd), record) &&
           record->fd == fd;
}

bool record_put(struct record_table *table, const struct record *record)
{
    if (!record_is_own_process())
        return false;
    struct record_slot *to = &table->slots[record_slot_of(table, record->fd)];
    union record_tag claim = {.key = (uint32_t)record->fd + 1, .state = RECORD_CLAIMED};
    uint64_t free_slot = 0;
    if (!atomic_compare_exchange_strong(&to->tag, &free_slot, claim.word))
        return false;

    struct payload payload = {record->socket_cookie, record->owner, record->netns, record->address};
    uint64_t words[RECORD_PAYLOAD_WORDS] = {0};
    memcpy(words, &payload, sizeof payload);
    for (unsigned i = 0; i < RECORD_PAYLOAD_WORDS; i++)
        atomic_store_explicit(&to->payload[i], words[i], memory_order_release);
    atomic_fetch_add(&table->live, 1);
    union record_tag tag = record->tag;
    tag.key = claim.key;
    atomic_store_explicit(&to->tag, tag.word, memory_order_release);
    return true;
}

bool record_change(struct record_table *table, struct record *record, enum record_state state,
                   unsigned flags, int error)
{
    if (!record_is_own_process())
        return true;
    union record_tag to = {.key = record->tag.key,
                           .flags = (uint16_t)flags,
                           .state = (uint8_t)state,
                           .error = (uint8_t)error};
    if (!atomic_compare_exchange_strong(&table->slots[record_slot_of(table, record->fd)].tag,
                                        &record->tag.word, to.word))
        return false;
    record->tag = to;
    return true;
}

void record_forget(struct record_table *table, const struct record *record)
{
    uint64_t seen = record->tag.word;
    if (record_is_own_process() &&
        atomic_compare_exchange_strong(&table->slots[record_slot_of(table, record->fd)].tag, &seen,
                                       0))
        atomic_fetch_sub(&table->live, 1);
}
