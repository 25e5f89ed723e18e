/* SPDX-License-Identifier: MIT */
/* What the destination memory is asked and told of a connection. */
#ifndef TFOSHIM_SHIM_CONTACT_H
#define TFOSHIM_SHIM_CONTACT_H

#include "policy/policy.h"
#include "shim/record.h"

/* May the connect be deferred: has this address and port completed a handshake lately (or does the
 * policy not ask for that), with nothing learned that speaks against it? */
bool contact_may_defer(const struct record *, enum first_contact);

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

/* A listener of this process has gone: whoever calls its port is to see that at once. */
void contact_listener_gone(const struct record *note);

#endif
