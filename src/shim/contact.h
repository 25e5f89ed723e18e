/* SPDX-License-Identifier: MIT */
/* What the destination memory is asked and told of a connection. */
#ifndef TFOSHIM_SHIM_CONTACT_H
#define TFOSHIM_SHIM_CONTACT_H

#include "decision/decision.h"
#include "shim/record.h"

/* Is the connect to be deferred? */
struct decision contact_decide(const struct record *);

/* A handshake has been completed. One getsockopt tells what became of the data in the SYN. */
void contact_completed(const struct record *);

/* It has failed: the next connect is a true one. */
void contact_failed(const struct record *);

/* What the program did first on a connection that was deferred. */
void contact_deferred(const struct record *);
void contact_started(const struct record *);
void contact_read_first(const struct record *);
void contact_wrote_first(const struct record *);

/* A connection that came out of a listener had data in its SYN. */
void contact_taken(const struct record *note);

#endif
