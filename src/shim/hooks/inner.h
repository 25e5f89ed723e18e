/* SPDX-License-Identifier: MIT */
/*
 * What hooks do around a call, for syscall() as well, which makes it by its number. `next` is who
 * makes it: of some the C library has two, where a time_t may be wider than long.
 */
#ifndef TFOSHIM_SHIM_HOOKS_INNER_H
#define TFOSHIM_SHIM_HOOKS_INNER_H

#include "shim/declarations.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef __typeof__(accept4) accept_fn;
typedef __typeof__(bind) bind_fn;
typedef __typeof__(listen) listen_fn;
typedef __typeof__(close) close_fn;
typedef __typeof__(shutdown) shutdown_fn;
typedef __typeof__(dup) dup_fn;
typedef __typeof__(dup3) dup3_fn;
typedef int fcntl_fn(int, int, void *);
typedef int close_range_fn(unsigned, unsigned, int);
typedef __typeof__(epoll_ctl) epoll_ctl_fn;
typedef __typeof__(sendmsg) send_message_fn;
/* The flags are of no sign in musl, nor are those of recvmmsg(). */
typedef int send_messages_fn(int, struct mmsghdr *, unsigned, int);

/* After socket() and epoll_create(): what they have answered. */
int socket_made(int fd, int family, int type, int protocol);
int epoll_made(int epoll);

int take_connection(accept_fn *next, int fd, struct sockaddr *, socklen_t *, int flags);
int bind_socket(bind_fn *next, int fd, const struct sockaddr *, socklen_t);
int listen_on(listen_fn *next, int fd, int backlog);
int watch(epoll_ctl_fn *next, int epoll, int operation, int fd, struct epoll_event *);

int close_descriptor(close_fn *next, int fd);
int close_range_of(close_range_fn *next, unsigned first, unsigned last, int flags);
int shut_down(shutdown_fn *next, int fd, int how);
int duplicate(dup_fn *next, int fd);
int replace(dup3_fn *next, int from, int to, int flags);
int control_file(fcntl_fn *next, int fd, int command, void *argument);

ssize_t send_message(send_message_fn *next, int fd, const struct msghdr *, int flags);
int send_messages(send_messages_fn *next, int fd, struct mmsghdr *, unsigned count, int flags);

/* Before a transfer, whose bytes cannot go into a SYN. Returns the errno to fail with, or 0. */
int before_transfer(int in, int out);

/* Before a read whose bytes go to `out`. */
int before_read(int fd);

/* A timeout as readiness.h has it; false: it cannot be read, or is none that the kernel takes. */
bool timeout_of(const struct timespec *, int64_t *nanoseconds);
bool timeout_of_timeval(const struct timeval *, int64_t *nanoseconds);
static inline int64_t timeout_of_milliseconds(int milliseconds)
{
    return milliseconds < 0 ? -1 : milliseconds * INT64_C(1000000);
}

#endif
