/* SPDX-License-Identifier: MIT */
/* The verbs of the state machine, for the files that make it up; hooks use connection.h. */
#ifndef TFOSHIM_SHIM_VERBS_H
#define TFOSHIM_SHIM_VERBS_H

#include "shim/record.h"

/* Finds the record of `fd`, of a deferred connection or one that is opening (or has failed to), if
 * it is still about this socket. A stale one is struck out. */
bool verb_find(int fd, struct record *);

/* DEFERRED -> OPENING, or FAILED: sends the bare SYN. Returns 0 or the error, which the record
 * keeps for the program's next call. */
int verb_start(struct record *);

/* OPENING -> unknown: waits for the handshake, starting it if need be. Returns 0 or verb_start()'s
 * error. */
int verb_settle(struct record *);

/* SO_SNDTIMEO bounds connect(): where the program set it on a blocking socket, waits that long for
 * the handshake. Returns 0, or ETIMEDOUT: the connection has been given up. */
int verb_await(struct record *);

/* The handshake is over, or has failed with `error`: -> unknown, and the destination memory is
 * told. */
void verb_established(struct record *);
void verb_refused(struct record *, int error);

/* Does this errno say that there is no connection to be had at the address? */
bool verb_is_refusal(int error);

/* Changes flags only. */
void verb_flag(struct record *, unsigned set, unsigned clear);

/* A line of the connection's story, where the log wants it. */
void verb_tell(const struct record *, const char *event, int error);

socklen_t verb_address_length(const struct record *);

#endif
