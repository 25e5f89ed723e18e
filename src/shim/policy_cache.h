/* SPDX-License-Identifier: MIT */
/*
 * Compiled policies, kept for the other processes of the same user: what a configuration of 10,000
 * rules costs is paid once. One lies in a segment of System V shared memory, which is mapped
 * read-only; docs/how-it-works.md says why there, and what is believed of it. For start-up alone.
 */
#ifndef TFOSHIM_SHIM_POLICY_CACHE_H
#define TFOSHIM_SHIM_POLICY_CACHE_H

#include "policy/flat.h"
#include "policy/subject.h"

struct policy_wanted {
    const char *file; /* the configuration */
    const struct policy_subject *subject;
    const char *module;           /* the file that compiles */
    struct policy_stamp compiler; /* set by policy_cache_find() */
};

/* The policy that would be compiled now, if it was before; else NULL. */
const struct policy *policy_cache_find(struct policy_wanted *);

/* Keeps what was compiled after policy_cache_find() had none. Returns what is to be used from now
 * on: the kept one, and then `compiled` is unmapped, or `compiled` where it cannot be kept. */
const struct policy *policy_cache_keep(const struct policy_wanted *, const struct policy *compiled);

#endif
