/* SPDX-License-Identifier: MIT */
/*
 * What a program does by a ring (io_uring) passes no hook: its writes would leave in a SYN unseen,
 * and its reads would find what is guarded. So once a ring is there nothing is deferred, no
 * listener takes SYN data and nothing is guarded. A child of fork() keeps to that.
 */
#ifndef TFOSHIM_SHIM_RING_H
#define TFOSHIM_SHIM_RING_H

#include <stdatomic.h>
#include <stdbool.h>

extern atomic_bool ring_there;

/* Has this process had a ring, at whatever time? */
static inline bool ring_any(void)
{
    return __builtin_expect(atomic_load_explicit(&ring_there, memory_order_relaxed), 0);
}

/* The same, after a record has been entered: either this sees the ring that another thread is
 * setting up, or that thread sees the record. */
static inline bool ring_came_meanwhile(void)
{
    atomic_thread_fence(memory_order_seq_cst);
    return ring_any();
}

/* After the call that sets one up: what it has answered. A failed one changes nothing. */
long ring_made(long result);

#endif
