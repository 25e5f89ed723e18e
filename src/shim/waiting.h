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

/* Before a call that may block on `fd` until one of `events`: starts everything unless it will not
 * block, because the descriptor is non-blocking or ready. */
void waiting_before_call(int fd, short events);

/* Before every other wait. errno is kept. */
void waiting_before_block_slowly(void);
static inline void waiting_before_block(void)
{
    if (waiting_concerns_thread())
        waiting_before_block_slowly();
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
