/* SPDX-License-Identifier: MIT */
/*
 * A connection that a listener took from its SYN is the program's before its client has shown that
 * it is there: whoever has recorded a SYN can send it again. What is not safe to repeat waits for
 * the end of the handshake. Nobody else waits: accept() does not, nor does an event loop.
 */
#ifndef TFOSHIM_SHIM_GUARD_H
#define TFOSHIM_SHIM_GUARD_H

#include "contract.h"
#include "shim/record.h"

/* After accept(), of a connection whose SYN brought data, and whose client was not proved by then;
 * `listener` is its listener's note. */
void guard_accepted(int fd, const struct record *listener) NONNULL;

/* The same where nothing was prepared for it, since the listener was not to guard when it began:
 * the connection is waited for, a second at most, or ended. */
void guard_accepted_at_once(int fd, const struct record *listener) NONNULL;

/* Before a read. Returns 0: it may go on; else the errno that it is to fail with. A read that may
 * block waits here, for as long as SO_RCVTIMEO says. */
int guard_before_read(struct record *, bool blocking) NONNULL MUST_USE;

/* Before the connection goes to where no hook is: waits until a second after it was accepted, and
 * then ends it. */
void guard_settle(struct record *) NONNULL;

#endif
