/* SPDX-License-Identifier: MIT */
/*
 * The destination memory: what is known of each address and port, shared by all processes of a
 * user. Nothing in it is trusted further than a hint goes: a wrong entry costs a round trip or a
 * gain, never a crash or a loop.
 *
 * It lies in a segment of shared memory (segment.h). Which one, a small file in the user's runtime
 * directory says, or where there is none the user's number. The file may be deleted at any time.
 *
 * What sets it up is for start-up. Everything else may be called by any thread and from a signal
 * handler: it never allocates, locks or waits, and leaves errno alone.
 */
#ifndef TFOSHIM_MEMORY_MEMORY_H
#define TFOSHIM_MEMORY_MEMORY_H

#include "contract.h"
#include "policy/policy.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define MEMORY_BACKOFF_LEAST_S 60u
#define MEMORY_BACKOFF_MOST_S 86400u
#define MEMORY_ANSWER_S 2u        /* a SYN without an answer by then may never have one */
#define MEMORY_REFUSED_S 60u      /* that long a destination has "just refused" */
#define MEMORY_LESSON_TIMES 2u    /* in a row, until a lesson is learned */
#define MEMORY_LESSON_S 86400u    /* that long it is believed */
#define MEMORY_LESSON_PROGRAMS 4u /* that each lesson is kept of, for one destination */
#define MEMORY_ENTRIES 1024u
#define MEMORY_LISTENERS 64u

struct memory_destination {
    uint64_t netns; /* SO_NETNS_COOKIE */
    struct endpoint endpoint;
};

/* ---- start-up ---- */

#define MEMORY_FILE "/tfoshim/memory"

/* Where the file is that names this user's memory: in the first of $XDG_RUNTIME_DIR, /run/user/UID
 * and, for root, /run that is ours alone to write to. False if there is none. */
bool memory_path(char *path, size_t size, bool trust_environment) NONNULL MUST_USE;

enum memory_kind {
    MEMORY_ALONE,   /* this process's own */
    MEMORY_OF_USER, /* the one that a user has without a file */
    MEMORY_BY_FILE, /* the one that the file names */
};

/* Attaches the memory that the file names, making both if need be. Where the file cannot be had
 * (*reason says why) or there is no place for one (NULL) it is the user's without a file, and where
 * there is no shared memory the process's own. Lessons are learned and recalled as this program. */
enum memory_kind memory_set_up(const char *path, uint32_t program, const char **reason);

/* The same, but nothing is made: MEMORY_ALONE, and empty, if there is none. */
enum memory_kind memory_look(const char *path, uint32_t program, const char **reason);

/* One of this process's own. */
void memory_set_up_alone(uint32_t program);

/* The process may have changed its user: lets go of a memory that it has no right to any more, at
 * once and for all threads, and attaches the new user's. */
void memory_user_changed(void);

/* The process may act as another user, for a while or in part: if it does, the memory is left alone
 * until it is asked again and does not. */
void memory_look_at_user(void);

/* After fork(), in the child. Whoever has not called this since it came into being shares its
 * memory, perhaps, with the process that it came from. */
void memory_forked(void);

/* The number of a program of this name; NULL: 0, which is no program's. */
uint32_t memory_program(const char *name);

/* Seconds since boot, suspended or not; never 0. Tests put their own here. */
extern uint32_t (*memory_now)(void);

/* ---- what is known ---- */

/* Why deferring gains nothing here, or costs something: learned of one program. */
enum memory_lesson {
    MEMORY_READS_FIRST,  /* it reads before it writes */
    MEMORY_WRITES_UNFIT, /* its first writes do not fit a SYN, or are not safe to repeat */
    MEMORY_NEVER_READS,  /* its connections end without a read */
    MEMORY_COSTS_A_WAIT, /* deferring made it wait */
    MEMORY_LESSONS,
};

#define MEMORY_NEVER UINT32_MAX

struct memory_knowledge {
    uint32_t connected_ago; /* seconds since the last handshake; MEMORY_NEVER: none is known, or
                             * the destination was struck since */
    bool backed_off;        /* fast opens failed here, and it is not yet time to try again */
    bool tried;             /* SYN data has come through here, and has not failed since */
    bool refused;           /* struck within MEMORY_REFUSED_S */
    bool unanswered;        /* a SYN left MEMORY_ANSWER_S ago, and no handshake is known since */
    bool local;             /* the machine itself, as of the last handshake */
    uint16_t room;          /* bytes of data that a SYN takes, 0: not known */
    uint32_t rtt_us;        /* smoothed, 0: not known */
    uint32_t min_rtt_us;    /* least, 0: not known */
    unsigned lessons;       /* 1 << enum memory_lesson: those that hold for this program */
};

struct memory_knowledge memory_recall(const struct memory_destination *) NONNULL;

/* ---- events ---- */

/* A handshake was completed; 0: not known. */
struct memory_handshake {
    uint32_t rtt_us;
    uint32_t min_rtt_us;
    uint16_t room;  /* of a SYN */
    bool local;     /* the connection's own address is its peer's */
    bool as_before; /* that was not asked: it is what it was */
};
void memory_connected(const struct memory_destination *, const struct memory_handshake *) NONNULL;
/* The same, where another process tells and counts it. */
void memory_answered(const struct memory_destination *) NONNULL;

/* It was refused, reset, or timed out: not "lately" any more. With data in its SYN the path may be
 * what refuses it, and is backed off from. */
void memory_struck(const struct memory_destination *, bool with_syn_data) NONNULL;

/* A connect was deferred; where a back-off has ended, this is the one try that it allows. */
void memory_deferred(const struct memory_destination *) NONNULL;
/* Its SYN had to leave without data. */
void memory_started(const struct memory_destination *) NONNULL;

/* The SYN of a deferred connect has left. Its program may be killed before it hears what became of
 * it, or wait for a long time: what is not answered by MEMORY_ANSWER_S counts against the
 * destination until a handshake, without anybody's telling. */
void memory_syn_left(const struct memory_destination *) NONNULL;

enum memory_outcome {
    MEMORY_ACCEPTED,          /* the SYN's data was acknowledged: ends every back-off */
    MEMORY_NO_COOKIE,         /* tells nothing about the path */
    MEMORY_IGNORED,           /* the data was not acknowledged: backs off when it happens again */
    MEMORY_SYN_RETRANSMITTED, /* the path may swallow SYNs with data: backs off */
    MEMORY_STALE,             /* the cookie was out of date, and another came: no failure */
};
void memory_fast_opened(const struct memory_destination *, enum memory_outcome) NONNULL;

/* The number of the host's cookie (kernel/cookie.h), 0: there is none. Is one noted; and note it.
 * Makes no entry. */
bool memory_cookie_known(const struct memory_destination *) NONNULL;
void memory_cookie(const struct memory_destination *, uint32_t cookie) NONNULL;

/* Of a SYN that left so many seconds ago, and whose data was not acknowledged: is this cookie, the
 * host's now, another than it carried? Notes it. */
bool memory_cookie_replaced(const struct memory_destination *, uint32_t cookie,
                            uint32_t ago) NONNULL;

/* The SYN of a true connect asked for a cookie, and had to be sent again: the path may swallow such
 * SYNs, and is backed off from. */
void memory_cookie_request_lost(const struct memory_destination *) NONNULL;

/* One case of a lesson; or a case against it, after which the cases count from none again. */
void memory_learn(const struct memory_destination *, enum memory_lesson) NONNULL;
void memory_unlearn(const struct memory_destination *, enum memory_lesson) NONNULL;

/* TCP_FASTOPEN was set on a listener; a connection came out of it with the SYN's data. */
void memory_listener(const struct memory_destination *, uint32_t queue) NONNULL;
void memory_listener_accepted(const struct memory_destination *) NONNULL;

/* Of a connection that came out of it, and whose bytes are not safe to repeat. */
enum memory_guard { MEMORY_GUARDED, MEMORY_PROVED, MEMORY_UNPROVED };
void memory_listener_guard(const struct memory_destination *, enum memory_guard) NONNULL;

/* ---- figures ---- */

enum memory_reason { /* what happened last */
                     MEMORY_REASON_NONE,
                     MEMORY_REASON_CONNECTED,
                     MEMORY_REASON_STRUCK,
                     MEMORY_REASON_ACCEPTED,
                     MEMORY_REASON_NO_COOKIE,
                     MEMORY_REASON_IGNORED,
                     MEMORY_REASON_SYN_RETRANSMITTED,
                     MEMORY_REASON_COOKIE_REQUEST_LOST,
                     MEMORY_REASON_STALE,
                     MEMORY_REASON_LESSON, /* and the next ones: + enum memory_lesson */
                     MEMORY_REASONS = MEMORY_REASON_LESSON + MEMORY_LESSONS,
};

struct memory_entry {
    struct memory_destination destination;
    uint32_t deferred, started;
    uint32_t tried; /* fast opens, the sum of the next five */
    uint32_t accepted, no_cookie, ignored, retransmitted, stale; /* accepted: round trips saved */
    uint32_t struck, connected;
    uint32_t rtt_us;           /* smoothed, 0: not known */
    uint32_t min_rtt_us;       /* least, 0: not known */
    uint16_t room;             /* of a SYN, 0: not known */
    bool local;                /* the machine itself */
    uint32_t last_connected;   /* times as of memory_now(), 0: never, or struck since */
    uint32_t last_seen;        /* the last event of any kind */
    uint32_t backed_off_until; /* 0: is not */
    /* For whichever program it holds longest, 0: for none. Whose it was is not kept, so that one in
     * a great many may have been said of what the entry held before. */
    uint32_t learned_until[MEMORY_LESSONS];
    enum memory_reason reason;
};

/* A consistent copy of entry `index` < MEMORY_ENTRIES; false if it holds nothing. */
bool memory_entry(unsigned index, struct memory_entry *copy) NONNULL MUST_USE;

struct memory_listener_entry {
    struct memory_destination listener;
    uint32_t queue;    /* as it was set last */
    uint32_t set;      /* how often */
    uint32_t accepted; /* connections whose SYN's data was taken */
    uint32_t guarded;  /* of these, kept from the program until their client was proved; */
    uint32_t proved;   /* and it was, */
    uint32_t unproved; /* or was not there */
    uint32_t last_seen;
};

bool memory_listener_entry(unsigned index, struct memory_listener_entry *copy) NONNULL MUST_USE;

/* Forgets everything, for every process. */
void memory_reset(void);

/* ---- the memories of others ---- */

/* Calls back for each memory that this process may read of a user (NULL: of everybody) while that
 * is the one in use, and returns how many there are. Afterwards an empty one is in use. */
unsigned memory_visit(const uid_t *user, bool writable, void (*tell)(void *context), void *context);

/* From now on the one that this file names, whosever that is. NULL, or why not. */
const char *memory_open(const char *path) NONNULL;

/* Is the segment of shared memory that has this number a memory? And is it the one that its owner
 * has without a file, or that this file of his names? False also where it may not be read. */
bool memory_is_segment(int id);
bool memory_is_of_user(int id);
bool memory_is_named_by(int id, const char *path);

#endif
