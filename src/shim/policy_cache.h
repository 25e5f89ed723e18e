/* SPDX-License-Identifier: MIT */
/*
 * Compiled policies, kept for the other processes of the same user: what a configuration of 10,000
 * rules costs is paid once. One lies in a segment of System V shared memory, which is mapped
 * read-only; docs/how-it-works.md says why there, and what is believed of it. No locks, and nothing
 * that allocates.
 */
#ifndef TFOSHIM_SHIM_POLICY_CACHE_H
#define TFOSHIM_SHIM_POLICY_CACHE_H

#include "contract.h"
#include "policy/flat.h"
#include "policy/subject.h"

struct policy_wanted {
    const char *file; /* the configuration */
    const struct policy_subject *subject;
    const char *module; /* the file that compiles */
    /* Set by policy_cache_find(): */
    struct policy_stamp compiler;
    uint32_t answered; /* what the rules ask of the subject, as far as that is known */
};

/* The policy that would be compiled now, if it was before; else NULL. It may be a refusal. */
const struct policy *policy_cache_find(struct policy_wanted *) NONNULL MUST_USE;

/* One that policy_cache_find() has returned is not used any more. */
void policy_cache_drop(const struct policy *) NONNULL;

/* After policy_cache_find() had none: does nobody else compile it just now? Then others are told so
 * for some seconds, or until the claim is withdrawn. `claim` may be -1 all the same: others could
 * not be told. */
bool policy_cache_claim(const struct policy_wanted *, int *claim) NONNULL MUST_USE;
void policy_cache_withdraw(int claim);

/* Keeps what was compiled after policy_cache_find() had none. Returns what is to be used from now
 * on: the kept one, and then `compiled` is unmapped, or `compiled` where it cannot be kept. */
const struct policy *policy_cache_keep(struct policy_wanted *,
                                       const struct policy *compiled) NONNULL MUST_USE;

#endif
