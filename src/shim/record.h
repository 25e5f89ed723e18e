/* SPDX-License-Identifier: MIT */
/*
 * The table of records: fixed, without locks, usable from a signal handler. Only the state machine
 * (machine.c) and the notes (note.c) change what is in it.
 *
 * A record is a hint, the kernel is the truth: descriptors are closed and reused where no hook sees
 * it. The slot of a descriptor is its number modulo the size of the table; where that is taken, the
 * newcomer is simply not deferred.
 */
#ifndef TFOSHIM_SHIM_RECORD_H
#define TFOSHIM_SHIM_RECORD_H

#include "contract.h"

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
    RECORD_FAILED,    /* no connection came: the program's next call gets the error */
    RECORD_LINGERING, /* the shim's own duplicate of what the program has closed or handed on */
    RECORD_STANDING,  /* the handshake is over, and nothing has been read yet */
    RECORD_CONTACT,   /* a true connect is under way, whose end the destination memory wants */
    RECORD_REHEARSED, /* a dry run's connection, before its first write or read */
    RECORD_GUARDED,   /* accepted with bytes in its SYN, and its client is not proved yet */
    RECORD_NOTE,      /* no connection: its flags are enum note_flag (note.h) */
};

enum record_flag {
    RECORD_TOLD_CONNECTED = 1 << 0, /* the program has heard that the connection stands */
    RECORD_BLOCKING = 1 << 1,       /* connect() was to block */
    RECORD_SYN_DATA = 1 << 2,       /* bytes of the program are in flight with the SYN */
    RECORD_SYN_LEFT = 1 << 3,       /* the call that sends it has returned; else it is in hand */
    RECORD_REPLAY_SAFE = 1 << 4,    /* only bytes that are safe to repeat may go into the SYN */
    RECORD_BY_SHIM = 1 << 5,        /* deferred without a system call: to the kernel it is closed */
    RECORD_WOULD_DEFER = 1 << 6,    /* were this no dry run */
    RECORD_LOOKED = 1 << 7,         /* still deferred after one read that could not block */
    RECORD_SHARED = 1 << 8,         /* others may have the socket whom no record knows */
    RECORD_INHERITED = 1 << 9,      /* this process is a child of the one that connected */
    RECORD_SHUT_READ = 1 << 10,     /* shutdown() is to be carried out when the handshake is over */
    RECORD_SHUT_WRITE = 1 << 11,
    RECORD_ANY_EPOLL = 1 << 12,     /* registered with more than one epoll, or before its connect */
    RECORD_ASKED = 1 << 13,         /* connect() has said once more that it has succeeded */
    RECORD_STREAM = 1 << 14,        /* a stream of the C library may use it where no hook is */
    RECORD_NAMED = 1 << 15,         /* the program has been told its own address and port */
    RECORD_KEPT = 1 << 16,          /* what its SYN carried is kept, in case that a reset answers */
    RECORD_ANEW = 1 << 17,          /* one has, and it is connected once more: they follow */
    RECORD_COPY = 1 << 18,          /* counts, in this bit and the one above, what other descriptors
                                     * of this process have the socket; three may be more */
    RECORD_WAIT_SURVIVED = 1 << 20, /* counts, in this bit and the two above, waits that were
                                     * answered at once and left it deferred */
};
#define RECORD_FLAG_BITS 23

/* The word that changes as a whole. The generation tells a slot that was struck out and entered
 * again, for the same descriptor even, from one that stayed. */
union record_tag {
    struct {
        uint64_t key : 22; /* descriptor + 1, 0 in a free slot */
        uint64_t state : 4;
        uint64_t flags : RECORD_FLAG_BITS;
        uint64_t generation : 15;
    };
    uint64_t word;
};

#define RECORD_DESCRIPTORS ((1u << 22) - 1)

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
    uint64_t owner;         /* the thread that deferred it */
    uint64_t netns;         /* SO_NETNS_COOKIE: where its address means something */
    union record_address address;
    uint32_t send_timeout_ms; /* SO_SNDTIMEO at connect(), which that bounds; 0: none */
    uint32_t round_trip_us;   /* as known when it was deferred; 0: not known */
    uint32_t forks;           /* machine_forks at connect() */
    uint16_t room;            /* bytes of data that its SYN takes; 0: not known */
    uint16_t untried;         /* 1: no SYN's data is known to have come through to there */
    uint16_t port;            /* its own, RECORD_NAMED and `untried` only */
    uint8_t error;            /* errno, RECORD_FAILED only; 0: the kernel has it */
    uint8_t waited;           /* 1: its program was made to wait for the handshake */
    int epoll;                /* that it is registered with, and the program's data there; or -1 */
    uint64_t epoll_data;      /* RECORD_GUARDED: the program's SO_RCVLOWAT */
    uint32_t epoll_events;
    int64_t syn_left_ms; /* when the SYN left, or was taken, or would have left (CLOCK_MONOTONIC) */
};

#define RECORD_PAYLOAD_WORDS 13
struct record_slot {
    _Atomic uint64_t tag;
    _Atomic uint64_t payload[RECORD_PAYLOAD_WORDS];
} __attribute__((aligned(128)));

struct record_table {
    atomic_uint live; /* slots in use: the first thing that a fast path asks */
    atomic_uint end;  /* no slot from here on was ever in use: walks need not look */
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
bool record_get(struct record_table *, int fd, struct record *) NONNULL MUST_USE;

static inline unsigned record_end(struct record_table *table)
{
    return atomic_load_explicit(&table->end, memory_order_relaxed);
}

/* Copies whatever the slot holds; false where it is free. For walks over all records. */
bool record_get_slot(struct record_table *, unsigned slot, struct record *) NONNULL MUST_USE;

/* Enters a record in the state and with the flags of its tag; false when the slot is taken. */
bool record_put(struct record_table *, struct record *) NONNULL;

/* Moves a record on, in the slot and in the copy; false when another thread was first. */
bool record_change(struct record_table *, struct record *, enum record_state,
                   unsigned flags) NONNULL;

/* Writes the parts of the copy that change during a record's life: error, port, epoll, syn_left_ms
 * and what belongs to the epoll. */
void record_save(struct record_table *, const struct record *) NONNULL;

/* Strikes it out; false when another thread changed it first. */
bool record_forget(struct record_table *, const struct record *) NONNULL;

/* The same in whatever process, of what is true of a socket whoever has it: that its connection
 * stands, or that it is not the one that it was about. */
bool record_put_truth(struct record_table *, struct record *) NONNULL;
bool record_forget_past(struct record_table *, const struct record *) NONNULL;

/* A child of vfork(), or of a bare clone(), runs the hooks on its own descriptors in its parent's
 * memory: in such a process nothing is put or struck out. What it does to a socket that both have
 * is recorded. */
void record_own_process(void);
bool record_is_own_process(void);

#endif
