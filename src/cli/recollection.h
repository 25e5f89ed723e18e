/* SPDX-License-Identifier: MIT */
/* What the destination memory (memory/memory.h) holds of one address and port. */
#ifndef TFOSHIM_CLI_RECOLLECTION_H
#define TFOSHIM_CLI_RECOLLECTION_H

#include "memory/memory.h"

/* Attaches this user's memory if there is one; makes none. Called again, it attaches what has come
 * or been replaced since. */
void recollection_set_up(void);
/* And recalls lessons as that program would; NULL: none. */
void recollection_set_up_as(const char *program);

/* What is known of a listener. */
void recollection_of_listener(const struct endpoint *, struct memory_listener_entry *);

/* In words: "a handshake 12 s ago; 5 fast opens tried, 5 accepted; round trip 50.1 ms". To be
 * freed. */
char *recollection_text(const struct endpoint *);

#endif
