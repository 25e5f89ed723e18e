/* SPDX-License-Identifier: MIT */
/* Which configuration file serves: one answer for the preloaded library and for the command. */
#ifndef TFOSHIM_POLICY_SEARCH_H
#define TFOSHIM_POLICY_SEARCH_H

#include "contract.h"

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

/* Where a file is looked for, in this order: $TFOSHIM_CONFIG alone, if it is set (and nowhere, if
 * it is empty); $XDG_CONFIG_HOME/tfoshim.conf or ~/.config/tfoshim.conf; policy_system_file. The
 * environment is trusted except in secure-execution mode. For start-up only: it reads the
 * environment. */
#define POLICY_PLACES 2
struct policy_places {
    const char *paths[POLICY_PLACES];
    unsigned count;
    bool is_named; /* by $TFOSHIM_CONFIG */
    char text[POLICY_PLACES * PATH_MAX];
};
void policy_places_find(struct policy_places *, bool trust_environment) NONNULL;

/* The one that serves now, as an index; `count`: none does, and the built-in policy serves. A file
 * that $TFOSHIM_CONFIG names is the answer even if it is not there (whoever opens it reports that).
 */
unsigned policy_places_search(const struct policy_places *) NONNULL;

/* Both in one: writes the file's name and returns true, or returns false. */
bool policy_search(char *path, size_t size, bool trust_environment) NONNULL MUST_USE;

/* The system-wide file. */
extern const char policy_system_file[];

#endif
