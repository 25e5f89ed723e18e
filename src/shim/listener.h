/* SPDX-License-Identifier: MIT */
/* The server side: TCP_FASTOPEN on listening sockets. Never the reason a call fails. */
#ifndef TFOSHIM_SHIM_LISTENER_H
#define TFOSHIM_SHIM_LISTENER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <sys/socket.h>

extern atomic_bool listener_covered;

/* Has this process covered a listener, at whatever time? */
static inline bool listener_any(void)
{
    return atomic_load_explicit(&listener_covered, memory_order_relaxed);
}

/* Before bind(): a socket bound here may be listened on in another process. */
void listener_bind(int fd, const struct sockaddr *, socklen_t);

/* Does the socket have a TCP_FASTOPEN that bind() set, and the program has not asked for? */
bool listener_is_bound_by_us(int fd);

/* Before listen(). */
void listener_listen(int fd, int backlog);

/* Before accept(): a socket may have been inherited already listening. */
void listener_accept(int fd);

/* After accept(): did the connection's data come in the SYN? */
void listener_accepted(int fd, int connection);

/* Of listeners that this process has inherited and covered: whoever gave them may go on with them,
 * without the library. One is about to be closed; the process ends, or another program takes it; or
 * it is a child of fork(), to whom they are its parent's matter. */
void listener_closing(int fd);
void listener_end(void);
void listener_forked(void);

/* Another policy is in force: listeners that take data from SYNs do so as it says, or no more; and,
 * if they are to `begin`, those that have not taken any do. */
void listener_policy_changed(bool begin);

/* After the program has set TCP_FASTOPEN_KEY itself. */
void listener_own_keys(int fd);

/* The program has a ring, whose accepts no hook sees: every TCP_FASTOPEN that the shim has set is
 * put back, and no more are set. */
void listener_put_back(void);

/* After the program has set TCP_FASTOPEN or TCP_FASTOPEN_CONNECT itself: the socket is its own. */
void listener_stand_aside(int fd);

#endif
