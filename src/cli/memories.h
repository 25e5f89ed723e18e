/* SPDX-License-Identifier: MIT */
/* Whose destination memories a command shows or clears. */
#ifndef TFOSHIM_CLI_MEMORIES_H
#define TFOSHIM_CLI_MEMORIES_H

#include <stdbool.h>
#include <sys/types.h>

struct memories {
    const char *file; /* --memory: the one that it names; NULL: not asked for */
    const char *name; /* --user: all of that user's; NULL: not asked for */
    uid_t user;       /* who that is */
};

/* Who has that name, or number; false after a complaint. */
bool memories_find_user(struct memories *);

/* Calls `tell` for each of them while it is in use. Without either option it is the caller's own
 * or, for root, those of all users. False after a complaint if one cannot be used. */
bool memories_each(const struct memories *, bool writable, void (*tell)(void *context),
                   void *context);

#endif
