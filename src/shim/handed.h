/* SPDX-License-Identifier: MIT */
/*
 * Listeners that change hands. The guard is in the process that accepts, so a listener takes data
 * in SYNs only while whoever may accept on it guards: what the shim has set is put back before
 * somebody else has the listener, who sets it himself if he has the library.
 */
#ifndef TFOSHIM_SHIM_HANDED_H
#define TFOSHIM_SHIM_HANDED_H

#include "policy/policy.h"

#include <stdbool.h>

/* How many descriptors this process may have, as far as they are looked through. */
int handed_descriptors(void);

/* Switches Fast Open off on a listener. */
void handed_uncover(int fd);

/* This process has set TCP_FASTOPEN on a socket; and that one was found listening. */
void handed_set(void);
void handed_found(void);

/* Of listeners that this process has found and covered: whoever gave them may go on with them,
 * without the library. One is about to be closed, or all of [first, last]; the process ends, or
 * another program takes it; or it is a child of fork(), to whom they are its parent's matter. */
void handed_closing(int fd);
void handed_closing_range(unsigned first, unsigned last);
void handed_end(void);
void handed_forked(void);

/* Another program image gets what is not closed on exec: `in_place` of this one, or beside it, with
 * this environment (NULL: the process's own). */
void handed_to_image(char *const environment[], bool in_place);

/* Another process is about to have the socket. */
void handed_to_process(int fd);

/* The program has a ring, whose accepts no hook sees: every TCP_FASTOPEN that the shim has set is
 * put back. */
void handed_to_ring(void);

#endif
