/* SPDX-License-Identifier: MIT */
/*
 * Are the files of a policy as they were? By stat() alone, which is asked for once a second: their
 * times, their owners and modes, and whether there is one now in a place that is looked into before
 * or where there was none.
 */
#ifndef TFOSHIM_SHIM_POLICY_WATCH_H
#define TFOSHIM_SHIM_POLICY_WATCH_H

#include "contract.h"
#include "policy/search.h"
#include "shim/policy_cache.h"

#include <sys/types.h>

struct place {
    dev_t device;
    ino_t inode;
};

struct policy_watch {
    struct policy_places places;
    unsigned serves; /* which of them; places.count: the built-in policy */
    struct place root, directory;
};

/* At start-up: which file serves, and where the process is. */
void policy_watch_begin(struct policy_watch *, bool trust_environment) NONNULL;

/* What `policy` was made of is as it was, and so are the places. */
bool policy_watch_is_unchanged(const struct policy_watch *, const struct policy *) NONNULL;

/* A number of how it is now. */
uint64_t policy_watch_state(const struct policy_watch *, const struct policy *) NONNULL;

/* Nothing of it has been changed within the last two seconds: what is being written in place is
 * left alone until it is whole. */
bool policy_watch_is_settled(const struct policy_watch *, const struct policy *) NONNULL;

/* Names mean what they meant at start-up: the process has neither another root, nor, where the
 * file's name is relative, another directory. */
bool policy_watch_is_in_place(const struct policy_watch *) NONNULL;

/* Nobody else is waited for who looks at them: they are on file systems of this machine. */
bool policy_watch_is_local(const struct policy_watch *, const struct policy *) NONNULL;

#endif
