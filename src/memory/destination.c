/* SPDX-License-Identifier: MIT */
/* What is known of a destination, and what happens to it. */
#include "memory/facts.h"
#include "memory/lessons.h"

#include <string.h>
#include <time.h>

static uint32_t boot_clock(void)
{
    struct timespec time = {0, 0};
    clock_gettime(CLOCK_BOOTTIME, &time);
    return (uint32_t)time.tv_sec + 1;
}

uint32_t (*memory_now)(void) = boot_clock;

#define PATH_BELIEVED_S 3600u

/* In the extra of a refusal: it is none yet. Its time is when the SYN left. */
#define SYN_UNDER_WAY 1u

/* ---- what is known ---- */

static void recall_entry(struct entry *entry, const struct key *key, uint32_t now,
                         struct memory_knowledge *known)
{
    struct fact lately = fact_get(&entry->state[STATE_LATELY], key->mark);
    struct fact backoff = fact_get(&entry->state[STATE_BACKOFF], key->mark);
    struct path path = path_unpack(fact_get(&entry->state[STATE_PATH], key->mark));
    known->connected_ago = age_of(lately.value, now);
    known->local = (lately.extra & LATELY_LOCAL) != 0;
    known->backed_off = backoff_holds(backoff, now);
    known->tried = backoff.value == 0 && backoff.extra == 0 &&
                   fact_get(&entry->count[COUNT_ACCEPTED], key->mark).value != 0;
    known->rtt_us = seen_get(entry).rtt_us;
    known->min_rtt_us = path.min_rtt_us;
    known->room = path.room;
    known->lessons = lessons_recall(entry, key, now);
}

struct memory_knowledge memory_recall(const struct memory_destination *destination)
{
    struct memory_knowledge known = {.connected_ago = MEMORY_NEVER};
    struct key key = key_of(destination);
    struct entry *entry = entry_find(AREA_DESTINATIONS, &key);
    struct fact refusal = fact_get(table_refusal(&key), key.mark);
    uint32_t now = memory_now(), age = age_of(refusal.value, now);
    if (entry)
        recall_entry(entry, &key, now, &known);
    known.refused = !(refusal.extra & SYN_UNDER_WAY) && age < MEMORY_REFUSED_S;
    known.unanswered =
        (refusal.extra & SYN_UNDER_WAY) && age != MEMORY_NEVER && age >= MEMORY_ANSWER_S;
    return known;
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

/* Of a path that has been quiet for long, or has failed since, the old figure tells nothing: the
 * host may have moved. */
static void note_path(struct happening it, uint32_t quiet, const struct memory_handshake *handshake)
{
    struct path path = path_unpack(fact_get(&it.entry->state[STATE_PATH], it.mark));
    uint32_t least = handshake->min_rtt_us;
    if (least != 0 && (path.min_rtt_us == 0 || least < path.min_rtt_us || quiet > PATH_BELIEVED_S))
        path.min_rtt_us = least;
    if (handshake->room != 0)
        path.room = handshake->room;
    fact_set(&it.entry->state[STATE_PATH], it.mark, path_pack(path));
}

/* Whoever has answered refuses no more. */
void memory_answered(const struct memory_destination *destination)
{
    struct key key = key_of(destination);
    table_word *word = table_refusal(&key);
    if (fact_get(word, key.mark).value != 0)
        fact_set(word, key.mark, (struct fact){0, 0});
}

void memory_connected(const struct memory_destination *destination,
                      const struct memory_handshake *handshake)
{
    struct happening it = happened(destination, MEMORY_REASON_CONNECTED, handshake->rtt_us);
    table_word *lately;
    memory_answered(destination);
    if (!it.entry)
        return;
    lately = &it.entry->state[STATE_LATELY];
    note_path(it, age_of(fact_get(lately, it.mark).value, it.now), handshake);
    uint8_t place = handshake->as_before ? fact_get(lately, it.mark).extra & LATELY_LOCAL
                    : handshake->local   ? LATELY_LOCAL
                                         : 0;
    fact_set(lately, it.mark, (struct fact){it.now, place});
    count(it, COUNT_CONNECTED);
}

static void strike(struct entry *entry, uint32_t mark)
{
    uint8_t extra = fact_get(&entry->state[STATE_LATELY], mark).extra;
    fact_set(&entry->state[STATE_LATELY], mark, (struct fact){0, extra});
    count_one(&entry->count[COUNT_STRUCK], mark);
    seen_note(entry, memory_now(), MEMORY_REASON_STRUCK, 0);
}

/* Makes no entry: whoever tries a thousand closed ports is not to push out what is worth knowing.
 */
void memory_struck(const struct memory_destination *destination, bool with_syn_data)
{
    struct key key = key_of(destination);
    struct entry *set = table_set(AREA_DESTINATIONS, key.hash);
    fact_set(table_refusal(&key), key.mark, (struct fact){memory_now(), 0});
    /* All that have the tag: while two claims meet there may be two. */
    for (unsigned way = 0; way < TABLE_WAYS; way++)
        if (atomic_load(&set[way].tag) == key.tag) {
            strike(&set[way], key.mark);
            if (with_syn_data)
                fact_change(&set[way].state[STATE_BACKOFF], key.mark, backoff_retransmitted,
                            memory_now());
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

/* The first that is under way counts: of a silent host the next ones put nothing off. */
static bool set_out(struct fact *fact, uint32_t now)
{
    if (fact->extra & SYN_UNDER_WAY)
        return false;
    *fact = (struct fact){now, SYN_UNDER_WAY};
    return true;
}

void memory_syn_left(const struct memory_destination *destination)
{
    struct key key = key_of(destination);
    fact_change(table_refusal(&key), key.mark, set_out, memory_now());
}

/* It tells nothing about the path. */
static void stale(const struct memory_destination *destination)
{
    struct happening it = happened(destination, MEMORY_REASON_STALE, 0);
    struct margin *margin = it.entry ? entry_margin(it.entry) : NULL;
    if (margin)
        count_one(&margin->stale, it.mark);
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

    if (outcome == MEMORY_STALE)
        stale(destination);
    if ((unsigned)outcome >= sizeof of / sizeof of[0])
        return;
    it = happened(destination, of[outcome].reason, 0);
    count(it, of[outcome].counter);
    change(it, STATE_BACKOFF, of[outcome].backoff);
}

void memory_cookie_request_lost(const struct memory_destination *destination)
{
    change(happened(destination, MEMORY_REASON_COOKIE_REQUEST_LOST, 0), STATE_BACKOFF,
           backoff_retransmitted);
}

void memory_learn(const struct memory_destination *destination, enum memory_lesson lesson)
{
    struct key key = key_of(destination);
    struct happening it;
    if ((unsigned)lesson >= MEMORY_LESSONS)
        return;
    it = happened(destination, (enum memory_reason)(MEMORY_REASON_LESSON + (unsigned)lesson), 0);
    if (it.entry)
        lesson_learn(it.entry, &key, lesson, it.now);
}

/* Makes no entry: it takes away what is there. */
void memory_unlearn(const struct memory_destination *destination, enum memory_lesson lesson)
{
    struct key key = key_of(destination);
    struct entry *entry = entry_find(AREA_DESTINATIONS, &key);
    if (entry && (unsigned)lesson < MEMORY_LESSONS)
        lesson_unlearn(entry, &key, lesson, memory_now());
}
