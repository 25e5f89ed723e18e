/* SPDX-License-Identifier: MIT */
/*
 * The layout of a memory, and the entries in it.
 *
 * There is no lock and no entry "being written": a process may be killed, or stopped for a day, at
 * any instruction. An entry belongs to the key whose fingerprint is its tag, and changes hands by
 * one compare-and-swap of that. Every word that says something carries a mark of the key it says it
 * about and is changed as a whole, so that what a former owner left, or writes late, is no fact
 * about the new one.
 */
#ifndef TFOSHIM_MEMORY_TABLE_H
#define TFOSHIM_MEMORY_TABLE_H

#include "contract.h"
#include "memory/memory.h"

#include <stdatomic.h>
#include <sys/types.h>

#define TABLE_VERSION 4u
#define TABLE_WAYS 8u
#define TABLE_REFUSALS 256u

/* Other machines would need libatomic, whose locks are no good between processes. */
_Static_assert(ATOMIC_LLONG_LOCK_FREE == 2, "64-bit atomics must be lock-free");

typedef _Atomic uint64_t table_word;

enum table_state {
    STATE_LATELY,  /* when the last handshake was; extra: LATELY_LOCAL */
    STATE_BACKOFF, /* facts.c */
    STATE_PATH,    /* the least round trip and the room of a SYN: path_pack() */
    STATES,
};
#define LATELY_LOCAL 1u

enum table_counter {
    COUNT_DEFERRED,
    COUNT_STARTED,
    COUNT_ACCEPTED,
    COUNT_NO_COOKIE,
    COUNT_IGNORED,
    COUNT_RETRANSMITTED,
    COUNT_STRUCK,
    COUNT_CONNECTED,
    COUNTERS,
};

/* Listeners have the same entries and use them so: */
#define STATE_QUEUE STATE_LATELY
#define COUNT_SET COUNT_CONNECTED
#define COUNT_TAKEN COUNT_ACCEPTED
#define COUNT_GUARDED COUNT_DEFERRED
#define COUNT_PROVED COUNT_STARTED
#define COUNT_UNPROVED COUNT_STRUCK

struct entry {
    table_word tag; /* 0: free; else 48 bits of hash and the port */
    table_word netns;
    table_word address[2];
    table_word seen; /* time: 32 bits, reason: 8, rtt in microseconds: 24 */
    table_word state[STATES];
    table_word count[COUNTERS];
    table_word lessons[MEMORY_LESSONS][MEMORY_LESSON_PROGRAMS]; /* marked with entry and program */
};
_Static_assert(sizeof(struct entry) == 256, "four cache lines");

/* What of a destination has no room in its entry, and is rarely asked for. */
struct margin {
    table_word stale;   /* how often its cookie was out of date */
    table_word cookie;  /* the host's, when it was looked up last: known_cookies.c */
    table_word changed; /* when that was another one than before */
};

/* What a memory, and the file that names one, begin with. */
struct table_mark {
    char magic[8];
    uint32_t version;
    uint32_t size;
};
#define TABLE_MARK                                                                                 \
    {                                                                                              \
        {'t', 'f', 'o', 's', 'h', 'i', 'm', '\n'}, TABLE_VERSION, sizeof(struct table)             \
    }
#define TABLE_HEADER_WORDS 3 /* the mark, and the memory's name */

struct table {
    union {
        struct {
            table_word header[TABLE_HEADER_WORDS];
            /* Destinations that have just refused, whether they have an entry or not: whoever tries
             * a thousand closed ports is not to push out what is worth knowing. The key's mark, and
             * the time. */
            table_word refusals[TABLE_REFUSALS];
        };
        unsigned char page[4096]; /* so that no set straddles two pages */
    };
    struct entry destinations[MEMORY_ENTRIES];
    struct entry listeners[MEMORY_LISTENERS];
    struct margin margins[MEMORY_ENTRIES]; /* of destinations */
};

/* ---- which table ---- */

/* The number in the file that names a memory; the file is made if it is not there. NULL, or why
 * not. (name.c) */
const char *name_make(const char *path, uint64_t *token) NONNULL MUST_USE;

enum name_found { NAME_FOUND, NAME_ABSENT, NAME_REFUSED /* for a reason */ };
enum name_found name_look(const char *path, uid_t owner, uint64_t *token,
                          const char **reason) NONNULL;
/* The name of the memory that a user has without a file. */
uint64_t name_of_user(uid_t user);

/* From now on this one, which is that user's; NULL: one of the process's own. Returns the one that
 * was in use, NULL likewise. */
struct table *table_use(struct table *, uid_t owner);

/* The same where none but the process's own is in use; else false. */
bool table_offer(struct table *, uid_t owner) NONNULL MUST_USE;

/* Leaves it alone while the process acts as somebody else than its owner. */
void table_look_at_user(void);

/* Never NULL. */
struct table *table_in_use(void);

/* Whose is in use; false: nobody's, it is the process's own. */
bool table_owner(uid_t *owner) NONNULL MUST_USE;

enum table_area { AREA_DESTINATIONS, AREA_LISTENERS };

/* How many sets of TABLE_WAYS entries, and one of them, sure to be there. */
unsigned table_sets(enum table_area);
struct entry *table_set(enum table_area, unsigned set);
/* All of them, one after the other. */
struct entry *table_all(enum table_area);

/* ---- keys ---- */

struct key {
    uint64_t tag, netns, address[2];
    uint32_t mark; /* 24 bits, not 0 */
    uint32_t hash; /* says which set */
};

struct key key_of(const struct memory_destination *) NONNULL;
/* The word for a destination's refusals; other destinations may have the same. */
table_word *table_refusal(const struct key *) NONNULL;

/* The mark of what is said about a key and of one program. */
uint32_t mark_of_program(const struct key *, uint32_t program) NONNULL;
uint16_t tag_port(uint64_t tag);

/* The key of an entry; false where it is free, or caught while it changed hands. */
bool entry_key(struct entry *, struct key *, struct memory_destination *) NONNULL MUST_USE;

/* The entry of a key, or NULL. */
struct entry *entry_find(enum table_area, const struct key *) NONNULL;
/* Or else the stalest of its set, made its own. NULL only in the thick of a fight for the set. */
struct entry *entry_claim(enum table_area, const struct key *) NONNULL;

void entry_wipe_lessons(struct entry *) NONNULL;

/* The margin of a destination's entry. NULL where it has none, or another table is in use by now.
 */
struct margin *entry_margin(const struct entry *) NONNULL;

/* ---- words ---- */

struct fact {
    uint32_t value;
    uint8_t extra;
};

/* {0, 0} where the word says nothing about this key. */
struct fact fact_get(table_word *, uint32_t mark) NONNULL;
void fact_set(table_word *, uint32_t mark, struct fact) NONNULL;

/* Changes a fact to what `change` makes of it (false: nothing), as one step. */
typedef bool fact_change_fn(struct fact *, uint32_t now);
void fact_change(table_word *, uint32_t mark, fact_change_fn *change, uint32_t now) NONNULL;

/* What the word of a path says. Round trips are held up to 16.7 s. */
struct path {
    uint32_t min_rtt_us;
    uint16_t room;
};
struct fact path_pack(struct path);
struct path path_unpack(struct fact);

/* Never loses one, whoever else is counting. */
void count_one(table_word *, uint32_t mark) NONNULL;

/* ---- seen ---- */

struct seen {
    uint32_t time;
    uint32_t rtt_us;
    enum memory_reason reason;
};

struct seen seen_get(struct entry *);
/* `reason` NONE and `rtt_us` 0 leave what was there. */
void seen_note(struct entry *, uint32_t now, enum memory_reason, uint32_t rtt_us) NONNULL;

#endif
