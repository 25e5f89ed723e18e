/* SPDX-License-Identifier: MIT */
/*
 * A dry run: every call is the plain one, and what would have been deferred and saved is counted.
 *
 * A connect that would have been deferred gets a record: RECORD_CONTACT with RECORD_WOULD_DEFER
 * while it is under way, then RECORD_REHEARSED until the program's first write or read, which
 * decides whether the SYN would have had data. Whether the server would have given a cookie nobody
 * knows: none is asked for.
 */
#ifndef TFOSHIM_SHIM_REHEARSAL_H
#define TFOSHIM_SHIM_REHEARSAL_H

#include "shim/record.h"

#include <stdbool.h>
#include <sys/socket.h>

int rehearsal_connect(struct record *, bool would_defer, const struct sockaddr *, socklen_t);

/* Is this the descriptor's first write, that would have gone with the SYN? */
bool rehearsal_find(int fd, struct record *);

/* It is over: the SYN would have had data, or not. */
void rehearsal_end(struct record *, bool has_data);

#endif
