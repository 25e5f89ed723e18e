/* SPDX-License-Identifier: MIT */
/*
 * The policy that is in force. It changes while the program runs, so whoever asks it holds it
 * meanwhile, and asks one policy as long as he does: never half of one and half of the next. What
 * points into a policy ends with the hold.
 *
 * No locks. A policy lies in one of a few slots, each of which counts those who hold it; a new one
 * is put into a slot that nobody holds, and one store makes it the one in force. A former one goes
 * when its count is 0. A hold that never ends (a signal handler jumped out of it by siglongjmp(),
 * a thread was cancelled in it) costs the slot; when none is left the policy stays as it is.
 */
#ifndef TFOSHIM_SHIM_POLICY_FORCE_H
#define TFOSHIM_SHIM_POLICY_FORCE_H

#include "contract.h"
#include "policy/policy.h"

struct policy_hold {
    const struct policy *policy;
    unsigned slot;
};

/* May be called from a signal handler, within another hold as well. */
struct policy_hold policy_hold(void) MUST_USE;
void policy_release(struct policy_hold);

enum policy_home {
    POLICY_OF_LIBRARY, /* part of the library, for good */
    POLICY_OF_PROCESS, /* mapped by this process alone */
    POLICY_OF_CACHE,   /* policy_cache.h */
};

/* ---- for whom changes it: one at a time ---- */

/* False: every slot is held, and nothing has changed. */
bool policy_force(const struct policy *, enum policy_home) NONNULL MUST_USE;

/* Gives back what is not in force any more and nobody holds. */
void policy_sweep(void);

/* The one in force; only a call of policy_force() makes it go. */
const struct policy *policy_in_force(void);

/* How often it has changed: whoever did something by a policy sees whether another one came. */
unsigned policy_changes(void);

/* In a child of fork(). */
void policy_force_forked(void);

#endif
