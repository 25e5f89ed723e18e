/* SPDX-License-Identifier: MIT */
/*
 * No thread enters a wait while a connect that it deferred has not put its SYN on the wire.
 *
 * Each thread knows the range of slots in which its deferred connections lie; the first wait walks
 * it. A wait that the program is about to be woken from at once ("writable") leaves the connections
 * deferred, once: programs may be told "writable" for ever and not write.
 */
#ifndef TFOSHIM_SHIM_WAIT_H
#define TFOSHIM_SHIM_WAIT_H

#include <stdbool.h>
#include <stdint.h>

struct wait_thread {
    unsigned begin, end; /* slots that may hold this thread's deferred connections; end 0: none */
    unsigned zero_timeouts; /* looks that could not block since one was deferred */
};

extern __thread struct wait_thread wait_thread __attribute__((tls_model("initial-exec")));

/* Has this thread deferred a connection that may still be so? */
static inline bool wait_thread_defers(void)
{
    return __builtin_expect(wait_thread.end != 0, 0);
}

/* This thread's name in the records. */
uint64_t wait_thread_id(void);

/* A connection in `slot` has just been deferred by this thread. */
void wait_thread_deferred(unsigned slot);

/* Before poll() and its like. True: ask with timeout 0 first; if nothing is ready, wait_start_all()
 * and wait. False: make the plain call. */
bool wait_must_ask_slowly(bool zero_timeout);
static inline bool wait_must_ask(bool zero_timeout)
{
    return wait_thread_defers() && wait_must_ask_slowly(zero_timeout);
}

/* This thread has looked for something without waiting, and may do so again and again. errno is
 * kept.
 */
static inline void wait_looked(void)
{
    if (wait_thread_defers())
        wait_must_ask_slowly(true);
}

/* Starts everything that this thread has deferred. errno is kept. */
void wait_start_all_slowly(void);
static inline void wait_start_all(void)
{
    if (wait_thread_defers())
        wait_start_all_slowly();
}

/* Before a call that may block on `fd` until one of `events`: starts everything unless it will not
 * block, because the descriptor is non-blocking or ready. */
void wait_before_blocking(int fd, short events);

/* Once, at start-up: a thread that ends starts what it deferred. */
void wait_set_up(void);

#endif
