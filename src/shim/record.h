/* SPDX-License-Identifier: MIT */
/*
 * What the shim knows of a descriptor: a fixed table without locks, usable from a signal handler.
 *
 * A record is a hint, the kernel is the truth: descriptors are closed and reused where no hook sees
 * it, so whoever acts on a record checks the socket's identity first (verb_find()). The slot of
 * a descriptor is its number modulo the size of the table; when it is taken, the newcomer is simply
 * not deferred.
 */
#ifndef TFOSHIM_SHIM_RECORD_H
#define TFOSHIM_SHIM_RECORD_H

#include <netinet/in.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

/* Powers of two. Connections are many and short-lived as records; notes are of listeners and the
 * like. */
#define RECORD_CONNECTIONS 4096u
#define RECORD_NOTES 256u

enum record_state {
    RECORD_FREE,
    RECORD_CLAIMED,   /* being filled in */
    RECORD_DEFERRED,  /* connect() was answered and no packet has left */
    RECORD_OPENING,   /* the SYN has left, the handshake is not known to be over */
    RECORD_FAILED,    /* the SYN could not leave: `error` waits for the program's next call */
    RECORD_CONTACT,   /* a true connect is under way, whose end the destination memory wants to know
                       */
    RECORD_REHEARSED, /* a dry run's connection, before its first write or read (rehearsal.h) */
    RECORD_NOTE,      /* no connection: its flags are enum note_flag (note.h) */
};

enum record_flag {
    RECORD_TOLD_IN_PROGRESS = 1 << 0, /* connect() answered EINPROGRESS */
    RECORD_BELIEVED = 1 << 1,         /* the program acts as on a connected socket */
    RECORD_SURVIVED_READ = 1 << 3,    /* still deferred after one read that could not block */
    RECORD_SYN_DATA = 1 << 4,         /* bytes of the program are in flight with the SYN */
    RECORD_REPLAY_SAFE = 1 << 5,      /* only bytes that are safe to repeat may go into the SYN */
    RECORD_WOULD_DEFER = 1 << 7,      /* were this no dry run */
    RECORD_WAIT_SURVIVED = 1 << 8, /* counts, in the bits from here on, waits that were answered at
                                    * once and left it deferred */
    RECORD_BY_SHIM = 1 << 6,       /* deferred without a system call: to the kernel it is closed */
};

union record_tag {
    struct {
        uint32_t key; /* descriptor + 1, 0 in a free slot */
        uint16_t flags;
        uint8_t state;
        uint8_t error; /* errno, RECORD_FAILED only */
    };
    uint64_t word;
};

union record_address {
    struct sockaddr any;
    struct sockaddr_in in;
    struct sockaddr_in6 in6;
};

/* A consistent copy of a slot. */
struct record {
    int fd;
    union record_tag tag;
    uint64_t socket_cookie; /* SO_COOKIE: which socket this is about */
    uint64_t owner;         /* the thread that deferred it (wait.c) */
    uint64_t netns;         /* SO_NETNS_COOKIE: where its address means something */
    union record_address address;
};

/* One cache line: the tag, and the payload as words so that concurrent copying is defined. */
#define RECORD_PAYLOAD_WORDS 7
struct record_slot {
    _Atomic uint64_t tag;
    _Atomic uint64_t payload[RECORD_PAYLOAD_WORDS];
};

struct record_table {
    atomic_uint live; /* slots in use: the first thing that a fast path asks */
    unsigned size;
    struct record_slot *slots;
};

extern struct record_table record_connections, record_notes;

static inline unsigned record_slot_of(const struct record_table *table, int fd)
{
    return (unsigned)fd & (table->size - 1);
}

/* May there be a record of this descriptor? One or two loads; a yes is to be checked. */
static inline bool record_present(struct record_table *table, int fd)
{
    if (__builtin_expect(atomic_load_explicit(&table->live, memory_order_relaxed) == 0, 1))
        return false;
    union record_tag tag = {.word =
                                atomic_load_explicit(&table->slots[record_slot_of(table, fd)].tag,
                                                     memory_order_relaxed)};
    return tag.key == (uint32_t)fd + 1 && tag.state >= RECORD_DEFERRED;
}

/* Copies the record of `fd`; false where there is none. */
bool record_get(struct record_table *, int fd, struct record *);

/* Copies whatever the slot holds; false where it is free. For walks over all records. */
bool record_get_slot(struct record_table *, unsigned slot, struct record *);

/* Enters a record in the state and with the flags of its tag; false when the slot is taken. */
bool record_put(struct record_table *, const struct record *);

/* Moves a record on, in the slot and in the copy; false when another thread was first. */
bool record_change(struct record_table *, struct record *, enum record_state, unsigned flags,
                   int error);

/* Strikes it out, unless another thread changed it first. */
void record_forget(struct record_table *, const struct record *);

/* A child of vfork(), or of a bare clone(), runs the hooks on its own descriptors in its parent's
 * memory: in such a process nothing is recorded or forgotten. */
void record_own_process(void);
bool record_is_own_process(void);

#endif
