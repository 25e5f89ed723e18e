/* SPDX-License-Identifier: MIT */
/*
 * A configuration that changes while the program runs. A hook that is about to ask the policy, of a
 * connect or a listener, looks first: once a second, whether the files are as they were. If they
 * are not, the cache may have the new policy, for another process was faster; if not, a program of
 * its own compiles it (policy_compiler.h), and a later look finds it. A file that has errors is
 * said once, and the former policy stays.
 */
#ifndef TFOSHIM_SHIM_POLICY_CHANGE_H
#define TFOSHIM_SHIM_POLICY_CHANGE_H

#include "contract.h"
#include "shim/policy_force.h"
#include "shim/policy_watch.h"

#include <stdatomic.h>
#include <time.h>

/* At start-up, in this order: which file serves, by what `wanted` is to name it and compile it, or
 * NULL for none; then, where the process is to follow its changes, from now on, as the subject that
 * it is now. What `wanted` points to is copied. */
const char *policy_change_prepare(bool trust_environment) MUST_USE;
void policy_change_begin(const struct policy_wanted *) NONNULL;

/* The process is about to enter a sandbox, which may end it for what looking needs; it has not
 * entered it. */
void policy_change_pause(void);
void policy_change_resume(void);

/* In a child of fork(). */
void policy_change_forked(void);

/* May another process have another policy by now, for a listener that they share? */
bool policy_change_is_uncertain(void);

/* When to look, in milliseconds of the coarse clock. */
extern _Atomic int64_t policy_change_due __attribute__((visibility("hidden")));
void policy_change_look_now(int64_t now);

/* That clock; -1 where there is none. */
static inline int64_t policy_change_clock(void)
{
    struct timespec time;
    if (clock_gettime(CLOCK_MONOTONIC_COARSE, &time) != 0)
        return -1;
    return (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

static inline void policy_change_look(void)
{
    int64_t now = policy_change_clock();
    if (now >= 0 && now >= atomic_load_explicit(&policy_change_due, memory_order_relaxed))
        policy_change_look_now(now);
}

#endif
