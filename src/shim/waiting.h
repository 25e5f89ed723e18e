/* SPDX-License-Identifier: MIT */
/* No thread enters a wait while a connect that it deferred has not put its SYN on the wire. */
#ifndef TFOSHIM_SHIM_WAITING_H
#define TFOSHIM_SHIM_WAITING_H

#include "contract.h"
#include "shim/deferring.h"
#include "shim/pending.h"

#include <poll.h>
#include <stdbool.h>

/* Does this thread, or the process, have anything that must not wait with it? */
static inline bool waiting_concerns_thread(void)
{
    return deferring_any() || pending_any();
}

/* What a signal handler that runs does to a wait (signal(7)). */
enum wait_kind {
    WAIT_GOES_ON,  /* nothing: a mutex, a look-up */
    WAIT_RESTARTS, /* ends it with EINTR, unless it was installed with SA_RESTART: a read */
    WAIT_ENDS,     /* ends it with EINTR: a sleep */
};

/* Before a call that may block on `fd` until one of `events`: starts everything unless it will not
 * block, because the descriptor is non-blocking or ready. False: the call has been interrupted, and
 * errno is EINTR. Else errno is kept. */
bool waiting_before_call(int fd, short events) MUST_USE;

/* A wait for what can be asked for without waiting, a lock or a child, while what lingers is given
 * its time: it is to be asked for again and again. */
struct waiting {
    enum wait_kind kind;
    bool holds; /* signals, until it is over */
    uint64_t programs, blocked;
    struct pollfd beside;
};

enum waited { WAITED_ENOUGH, WAITED_A_WHILE, WAITED_INTERRUPTED };

#define WAITING(how)                                                                               \
    {                                                                                              \
        .kind = (how), .beside = {.fd = -1 }                                                       \
    }

enum waited waiting_a_while(struct waiting *) NONNULL MUST_USE;

/* Whoever does not wait any more after WAITED_A_WHILE says so. */
void waiting_over(struct waiting *) NONNULL;

/* Before a sleep, of which `left` is left: WAITED_A_WHILE, nothing, and it is over. */
enum waited waiting_before_sleep(int64_t nanoseconds, int64_t *left) NONNULL MUST_USE;

/* Before every other wait; the same of that. */
bool waiting_before_block_slowly(enum wait_kind) MUST_USE;
static inline bool waiting_before_block(enum wait_kind kind)
{
    return !waiting_concerns_thread() || waiting_before_block_slowly(kind);
}

/* While it is true, a lock that another thread holds is to be asked for once more: nothing has been
 * started yet. `since` is 0 at first. */
bool waiting_a_moment(int64_t *since) NONNULL MUST_USE;

/* This thread has looked for something without waiting, and may do so again and again. errno is
 * kept. */
void waiting_looked_slowly(void);
static inline void waiting_looked(void)
{
    if (deferring_any())
        waiting_looked_slowly();
}

#endif
