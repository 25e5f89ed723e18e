/* SPDX-License-Identifier: MIT */
/* The server side: TCP_FASTOPEN on listening sockets. Never the reason a call fails. */
#ifndef TFOSHIM_SHIM_LISTENER_H
#define TFOSHIM_SHIM_LISTENER_H

#include "contract.h"
#include "policy/policy.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <sys/socket.h>

extern atomic_uint listener_covered;

/* Has this process covered a listener, at whatever time? */
static inline bool listener_any(void)
{
    return atomic_load_explicit(&listener_covered, memory_order_relaxed);
}

/* Before bind(): a socket bound here may be listened on in another process. */
void listener_bind(int fd, const struct sockaddr *, socklen_t);

/* Does the socket have a TCP_FASTOPEN that bind() set, and the program has not asked for? */
bool listener_is_bound_by_us(int fd);

/* What the policy says of a TCP socket, by the address that it is bound to; false for any other.
 * Without what points into the policy, which may be gone by then. */
bool listener_policy(int fd, struct server_verdict *) NONNULL MUST_USE;

/* Before listen(). */
void listener_listen(int fd, int backlog);

/* Before accept(): a socket may have been inherited already listening. */
void listener_accept(int fd);

/* After accept(): did the connection's data come in the SYN? */
void listener_accepted(int fd, int connection);

/* Another policy is in force: listeners that take data from SYNs do so as it says, or no more; and,
 * if they are to `begin`, those that have not taken any do. */
void listener_policy_changed(bool begin);

/* After the program has set TCP_FASTOPEN_KEY itself. */
void listener_own_keys(int fd);

/* After the program has set TCP_FASTOPEN or TCP_FASTOPEN_CONNECT itself: the socket is its own. */
void listener_stand_aside(int fd);

#endif
