/* SPDX-License-Identifier: MIT */
/*
 * The destination memory: what is known of each address and port, shared by all processes of a user
 * through a small mapped file that may be deleted at any time. Nothing in it is trusted further
 * than a hint goes: a wrong entry costs a round trip or a gain, never a crash or a loop.
 *
 * memory_set_up() is for start-up. Everything else may be called by any thread and from a signal
 * handler: it never allocates, locks or waits, and leaves errno alone.
 */
#ifndef TFOSHIM_MEMORY_MEMORY_H
#define TFOSHIM_MEMORY_MEMORY_H

#include "policy/policy.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MEMORY_LATELY_S 3600u
#define MEMORY_BACKOFF_LEAST_S 60u
#define MEMORY_BACKOFF_MOST_S 86400u
#define MEMORY_READ_FIRST_TIMES 3u /* in a row, until it counts as a habit */
#define MEMORY_READ_FIRST_S 86400u /* that long the habit is believed */
#define MEMORY_ENTRIES 1024u
#define MEMORY_LISTENERS 64u

struct memory_destination {
    uint64_t netns; /* SO_NETNS_COOKIE */
    struct endpoint endpoint;
};

/* ---- start-up ---- */

/* Where this user's file is: the first of $XDG_RUNTIME_DIR, /run/user/UID and, for root, /run that
 * is ours alone to write to. False if there is none. */
bool memory_path(char *path, size_t size, bool trust_environment);

/* Can all of [address, address + length) be read? Must not crash when it cannot. */
typedef bool memory_readable_fn(const void *address, size_t length);

/* Opens the file, or makes it. Whoever can write to a file can truncate it, and then an access
 * would raise SIGBUS: `readable` is asked before each (NULL: the caller takes that risk). Returns
 * NULL, or why the memory is this process's own; a NULL path asks for that and is no reason. */
const char *memory_set_up(const char *path, memory_readable_fn *readable);

/* Seconds since boot, suspended or not; never 0. Tests put their own here. */
extern uint32_t (*memory_now)(void);

/* ---- decisions ---- */

/* In this order: the first reason not to. Who does not ask for a handshake of late takes NOT_LATELY
 * for DEFER. */
enum memory_verdict {
    MEMORY_BACKED_OFF,  /* fast opens failed here, and it is not yet time to try again */
    MEMORY_READS_FIRST, /* programs read first here: deferring gains nothing */
    MEMORY_NOT_LATELY,  /* no handshake to this address and port within MEMORY_LATELY_S, or it is of
                         * one link */
    MEMORY_DEFER,
};

enum memory_verdict memory_judge(const struct memory_destination *);
bool memory_may_defer(const struct memory_destination *);

/* ---- events ---- */

/* A handshake was completed; `rtt_us` 0: not known. */
void memory_connected(const struct memory_destination *, uint32_t rtt_us);

/* It was refused, reset, or timed out: not "lately" any more. With data in its SYN the path may be
 * what refuses it, and is backed off from. */
void memory_struck(const struct memory_destination *, bool with_syn_data);

/* A listener on this port was closed. `local` is its address, or a wildcard for every address; its
 * port is not looked at. */
void memory_struck_port(uint64_t netns, uint16_t port, const struct endpoint *local);

/* A connect was deferred; where a back-off has ended, this is the one try that it allows. */
void memory_deferred(const struct memory_destination *);
/* Its SYN had to leave without data. */
void memory_started(const struct memory_destination *);

enum memory_outcome {
    MEMORY_ACCEPTED,          /* the SYN's data was acknowledged: ends every back-off */
    MEMORY_NO_COOKIE,         /* tells nothing about the path */
    MEMORY_IGNORED,           /* the data was not acknowledged: backs off when it happens again */
    MEMORY_SYN_RETRANSMITTED, /* the path may swallow SYNs with data: backs off */
};
void memory_fast_opened(const struct memory_destination *, enum memory_outcome);

/* On a fresh connection the program read first, or waited to; or it wrote first. */
void memory_read_first(const struct memory_destination *);
void memory_wrote_first(const struct memory_destination *);

/* TCP_FASTOPEN was set on a listener; a connection came out of it with the SYN's data. */
void memory_listener(const struct memory_destination *, uint32_t queue);
void memory_listener_accepted(const struct memory_destination *);

/* ---- figures ---- */

enum memory_reason { /* what happened last */
                     MEMORY_REASON_NONE,
                     MEMORY_REASON_CONNECTED,
                     MEMORY_REASON_STRUCK,
                     MEMORY_REASON_LISTENER_CLOSED,
                     MEMORY_REASON_ACCEPTED,
                     MEMORY_REASON_NO_COOKIE,
                     MEMORY_REASON_IGNORED,
                     MEMORY_REASON_SYN_RETRANSMITTED,
                     MEMORY_REASON_READ_FIRST,
};

struct memory_entry {
    struct memory_destination destination;
    uint32_t deferred, started;
    uint32_t tried;                                       /* fast opens, the sum of the next four */
    uint32_t accepted, no_cookie, ignored, retransmitted; /* accepted: round trips saved */
    uint32_t struck, connected;
    uint32_t rtt_us;           /* smoothed, 0: not known */
    uint32_t last_connected;   /* times as of memory_now(), 0: never, or struck since */
    uint32_t last_seen;        /* the last event of any kind */
    uint32_t backed_off_until; /* 0: is not */
    uint32_t reads_first_until;
    enum memory_reason reason;
};

/* A consistent copy of entry `index` < MEMORY_ENTRIES; false if it holds nothing. */
bool memory_entry(unsigned index, struct memory_entry *copy);

struct memory_listener_entry {
    struct memory_destination listener;
    uint32_t queue;    /* as it was set last */
    uint32_t set;      /* how often */
    uint32_t accepted; /* connections whose SYN's data was taken */
    uint32_t last_seen;
};

bool memory_listener_entry(unsigned index, struct memory_listener_entry *copy);

/* Forgets everything, for every process. */
void memory_reset(void);

#endif
