/* SPDX-License-Identifier: MIT */
/* Which slots may hold connections that this thread has deferred: a wait walks no others. */
#ifndef TFOSHIM_SHIM_DEFERRING_H
#define TFOSHIM_SHIM_DEFERRING_H

#include "contract.h"

#include <stdbool.h>
#include <stdint.h>

struct deferring {
    unsigned begin, end;    /* a range of slots; end 0: none */
    unsigned zero_timeouts; /* looks that could not block since one was deferred */
    int64_t gave_up_ms;     /* SYNs that left before have had their time, in CLOCK_MONOTONIC */
};

extern __thread struct deferring deferring __attribute__((tls_model("initial-exec")));

/* Has this thread deferred a connection that may still be so? */
static inline bool deferring_any(void)
{
    return __builtin_expect(deferring.end != 0, 0);
}

/* This thread's name in the records. */
static inline uint64_t deferring_thread(void)
{
    return (uint64_t)(uintptr_t)&deferring;
}

/* A connection in `slot` has just been deferred by this thread. */
void deferring_add(unsigned slot);

/* Once, at start-up: `at_end` is called where a thread ends that has deferred. */
void deferring_set_up(void (*at_end)(void)) NONNULL;

#endif
