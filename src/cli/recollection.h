/* SPDX-License-Identifier: MIT */
/* The destination memories (memory/memory.h) that a command shows or clears. */
#ifndef TFOSHIM_CLI_RECOLLECTION_H
#define TFOSHIM_CLI_RECOLLECTION_H

#include "contract.h"
#include "memory/memory.h"

#include <stdbool.h>
#include <sys/types.h>

struct memories {
    const char *file; /* --memory: the one that it names; NULL: not asked for */
    const char *name; /* --user: all of that user's; NULL: not asked for */
    uid_t user;       /* who that is (find_user()) */
};

/* Calls `tell` for each of them while it is in use. Without either option it is the caller's own
 * or, for root, those of all users. False after a complaint if one cannot be used. */
bool memories_each(const struct memories *, bool writable, void (*tell)(void *context),
                   void *context) MUST_USE;

/* Attaches this user's memory if there is one; makes none. Called again, it attaches what has come
 * or been replaced since. It recalls lessons as that program would; NULL: none. */
void recollection_set_up_as(const char *program);

/* What is known of a listener. */
void recollection_of_listener(const struct endpoint *, struct memory_listener_entry *) NONNULL;

/* What is known of a destination; false: nothing. */
bool recollection_of_destination(const struct endpoint *, struct memory_entry *) NONNULL MUST_USE;

/* In words: "a handshake 12 s ago; 5 fast opens tried, 5 accepted; round trip 50.1 ms". To be
 * freed. */
char *recollection_text(const struct memory_entry *, uint32_t now) NONNULL MUST_USE;

#endif
