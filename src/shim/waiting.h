/* SPDX-License-Identifier: MIT */
/* No thread enters a wait while a connect that it deferred has not put its SYN on the wire. */
#ifndef TFOSHIM_SHIM_WAITING_H
#define TFOSHIM_SHIM_WAITING_H

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
    WAIT_RESTARTS, /* ends it with EINTR, unless it was installed with SA_RESTART: a read, a child
                    */
    WAIT_ENDS,     /* ends it with EINTR: a sleep */
};

/* Before a call that may block on `fd` until one of `events`: starts everything unless it will not
 * block, because the descriptor is non-blocking or ready. False: the call has been interrupted, and
 * errno is EINTR. Else errno is kept. */
bool waiting_before_call(int fd, short events);

/* Before every other wait; the same of that. */
bool waiting_before_block_slowly(enum wait_kind);
static inline bool waiting_before_block(enum wait_kind kind)
{
    return !waiting_concerns_thread() || waiting_before_block_slowly(kind);
}

/* This thread has looked for something without waiting, and may do so again and again. errno is
 * kept. */
void waiting_looked_slowly(void);
static inline void waiting_looked(void)
{
    if (deferring_any())
        waiting_looked_slowly();
}

#endif
