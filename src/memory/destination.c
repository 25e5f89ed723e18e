/* SPDX-License-Identifier: MIT */
/* What is known of a destination, and what happens to it. */
#include "memory/rules.h"

#include <string.h>
#include <time.h>

static uint32_t boot_clock(void)
{
    struct timespec time = {0, 0};

    clock_gettime(CLOCK_BOOTTIME, &time);
    return (uint32_t)time.tv_sec + 1;
}

uint32_t (*memory_now)(void) = boot_clock;

/* ---- decisions ---- */

/* The same link-local address may be another host's on another link: nothing that is known of it is
 * known of this one. */
static bool is_link_local(const struct endpoint *endpoint)
{
    return endpoint->address[0] == 0xfe && (endpoint->address[1] & 0xc0) == 0x80;
}

enum memory_verdict memory_judge(const struct memory_destination *destination)
{
    struct key key = key_of(destination);
    struct entry *entry = entry_find(AREA_DESTINATIONS, &key);
    uint32_t now = memory_now();

    if (!entry || is_link_local(&destination->endpoint))
        return MEMORY_NOT_LATELY;
    if (backoff_holds(fact_get(&entry->state[STATE_BACKOFF], key.mark), now))
        return MEMORY_BACKED_OFF;
    if (habit_holds(fact_get(&entry->state[STATE_HABIT], key.mark), now))
        return MEMORY_READS_FIRST;
    if (!lately_holds(fact_get(&entry->state[STATE_LATELY], key.mark), now))
        return MEMORY_NOT_LATELY;
    return MEMORY_DEFER;
}

bool memory_may_defer(const struct memory_destination *destination)
{
    return memory_judge(destination) == MEMORY_DEFER;
}

/* ---- events ---- */

/* The entry of a destination to which something happened. */
struct happening {
    struct entry *entry; /* may be NULL */
    uint32_t mark, now;
};

static struct happening happened(const struct memory_destination *destination,
                                 enum memory_reason reason, uint32_t rtt_us)
{
    struct key key = key_of(destination);
    struct happening it = {entry_claim(AREA_DESTINATIONS, &key), key.mark, memory_now()};

    if (it.entry)
        seen_note(it.entry, it.now, reason, rtt_us);
    return it;
}

static void count(struct happening it, enum table_counter counter)
{
    if (it.entry)
        count_one(&it.entry->count[counter], it.mark);
}

static void change(struct happening it, enum table_state state, fact_change_fn *how)
{
    if (it.entry)
        fact_change(&it.entry->state[state], it.mark, how, it.now);
}

void memory_connected(const struct memory_destination *destination, uint32_t rtt_us)
{
    struct happening it = happened(destination, MEMORY_REASON_CONNECTED, rtt_us);

    if (it.entry)
        fact_set(&it.entry->state[STATE_LATELY], it.mark, (struct fact){it.now, 0});
    count(it, COUNT_CONNECTED);
}

static void strike(struct entry *entry, uint32_t mark, enum memory_reason reason)
{
    fact_set(&entry->state[STATE_LATELY], mark, (struct fact){0, 0});
    count_one(&entry->count[COUNT_STRUCK], mark);
    seen_note(entry, memory_now(), reason, 0);
}

/* Makes no entry: whoever tries a thousand closed ports is not to push out what is worth knowing.
 */
void memory_struck(const struct memory_destination *destination, bool with_syn_data)
{
    struct key key = key_of(destination);
    struct entry *set = table_set(AREA_DESTINATIONS, key.hash);

    /* All that have the tag: while two claims meet there may be two. */
    for (unsigned way = 0; way < TABLE_WAYS; way++)
        if (atomic_load(&set[way].tag) == key.tag) {
            strike(&set[way], key.mark, MEMORY_REASON_STRUCK);
            if (with_syn_data)
                fact_change(&set[way].state[STATE_BACKOFF], key.mark, backoff_retransmitted,
                            memory_now());
        }
}

static bool is_wildcard(const uint8_t address[16])
{
    static const uint8_t any[16], any_mapped[16] = {[10] = 0xff, [11] = 0xff};

    return memcmp(address, any, sizeof(any)) == 0 ||
           memcmp(address, any_mapped, sizeof(any_mapped)) == 0;
}

/* Could a connect to `destination` have reached a listener at `local`? A connect to the wildcard
 * goes to this machine. */
static bool reaches(const uint8_t destination[16], const uint8_t local[16])
{
    return is_wildcard(local) || is_wildcard(destination) || memcmp(destination, local, 16) == 0;
}

void memory_struck_port(uint64_t netns, uint16_t port, const struct endpoint *local)
{
    struct entry *entries = table_all(AREA_DESTINATIONS);

    for (unsigned i = 0; i < MEMORY_ENTRIES; i++) {
        uint64_t tag = atomic_load_explicit(&entries[i].tag, memory_order_relaxed);
        struct memory_destination destination;
        struct key key;

        if (tag != 0 && tag_port(tag) == port && entry_key(&entries[i], &key, &destination) &&
            destination.netns == netns && reaches(destination.endpoint.address, local->address))
            strike(&entries[i], key.mark, MEMORY_REASON_LISTENER_CLOSED);
    }
}

void memory_deferred(const struct memory_destination *destination)
{
    struct happening it = happened(destination, MEMORY_REASON_NONE, 0);

    count(it, COUNT_DEFERRED);
    change(it, STATE_BACKOFF, backoff_try);
}

void memory_started(const struct memory_destination *destination)
{
    struct happening it = happened(destination, MEMORY_REASON_NONE, 0);

    count(it, COUNT_STARTED);
    change(it, STATE_BACKOFF, backoff_untold);
}

void memory_fast_opened(const struct memory_destination *destination, enum memory_outcome outcome)
{
    static const struct {
        enum memory_reason reason;
        enum table_counter counter;
        fact_change_fn *backoff;
    } of[] = {
        [MEMORY_ACCEPTED] = {MEMORY_REASON_ACCEPTED, COUNT_ACCEPTED, backoff_accepted},
        [MEMORY_NO_COOKIE] = {MEMORY_REASON_NO_COOKIE, COUNT_NO_COOKIE, backoff_untold},
        [MEMORY_IGNORED] = {MEMORY_REASON_IGNORED, COUNT_IGNORED, backoff_ignored},
        [MEMORY_SYN_RETRANSMITTED] = {MEMORY_REASON_SYN_RETRANSMITTED, COUNT_RETRANSMITTED,
                                      backoff_retransmitted},
    };
    struct happening it;

    if ((unsigned)outcome >= sizeof(of) / sizeof(of[0]))
        return;
    it = happened(destination, of[outcome].reason, 0);
    count(it, of[outcome].counter);
    change(it, STATE_BACKOFF, of[outcome].backoff);
}

void memory_read_first(const struct memory_destination *destination)
{
    change(happened(destination, MEMORY_REASON_READ_FIRST, 0), STATE_HABIT, habit_read_first);
}

void memory_wrote_first(const struct memory_destination *destination)
{
    change(happened(destination, MEMORY_REASON_NONE, 0), STATE_HABIT, habit_wrote_first);
}
