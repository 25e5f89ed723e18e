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

typedef __typeof__(connect) connect_fn;
typedef __typeof__(accept4) accept_fn;
typedef __typeof__(bind) bind_fn;
typedef __typeof__(listen) listen_fn;
typedef __typeof__(getpeername) get_name_fn;
typedef __typeof__(getsockopt) get_option_fn;
typedef __typeof__(setsockopt) set_option_fn;
typedef __typeof__(sendmsg) send_message_fn;
typedef __typeof__(sendmmsg) send_messages_fn;
typedef __typeof__(poll) poll_fn;
typedef __typeof__(ppoll) ppoll_fn;
typedef __typeof__(select) select_fn;
typedef __typeof__(pselect) pselect_fn;
typedef __typeof__(epoll_ctl) epoll_ctl_fn;
typedef __typeof__(epoll_wait) epoll_wait_fn;
typedef __typeof__(epoll_pwait) epoll_pwait_fn;
typedef __typeof__(epoll_pwait2) epoll_pwait2_fn;

typedef __typeof__(ioctl) ioctl_fn;
typedef __typeof__(prctl) prctl_fn;

int make_connection(connect_fn *next, int fd, const struct sockaddr *, socklen_t);
int take_connection(accept_fn *next, int fd, struct sockaddr *, socklen_t *, int flags);
int bind_socket(bind_fn *next, int fd, const struct sockaddr *, socklen_t);
int listen_on(listen_fn *next, int fd, int backlog);

int get_peer_name(get_name_fn *next, int fd, struct sockaddr *, socklen_t *);
int get_own_name(get_name_fn *next, int fd, struct sockaddr *, socklen_t *);
int get_option(get_option_fn *next, int fd, int level, int name, void *value, socklen_t *);
int set_option(set_option_fn *next, int fd, int level, int name, const void *value, socklen_t);
ssize_t send_message(send_message_fn *next, int fd, const struct msghdr *, int flags);
int send_messages(send_messages_fn *next, int fd, struct mmsghdr *, unsigned count, int flags);

/* The waits of event loops. A mask may lie in eight bytes of the program's memory, which is what
 * the kernel has of a sigset_t: it is to be handed on, not copied. */
int wait_poll(poll_fn *next, struct pollfd *, nfds_t count, int timeout);
int wait_ppoll(ppoll_fn *next, struct pollfd *, nfds_t count, const struct timespec *,
               const sigset_t *);
int wait_select(select_fn *next, int count, fd_set *reads, fd_set *writes, fd_set *errors,
                struct timeval *);
int wait_pselect(pselect_fn *next, int count, fd_set *reads, fd_set *writes, fd_set *errors,
                 const struct timespec *, const sigset_t *);
int wait_epoll(epoll_wait_fn *next, int epoll, struct epoll_event *, int most, int timeout);
int wait_epoll_pwait(epoll_pwait_fn *next, int epoll, struct epoll_event *, int most, int timeout,
                     const sigset_t *);
int wait_epoll_pwait2(epoll_pwait2_fn *next, int epoll, struct epoll_event *, int most,
                      const struct timespec *, const sigset_t *);
int watch(epoll_ctl_fn *next, int epoll, int operation, int fd, struct epoll_event *);

/* The same where the time is wider than the usual structures have it (a 32-bit program's system
 * calls for 64-bit times). */
struct timespec64;
typedef int ppoll64_fn(struct pollfd *, nfds_t, const struct timespec64 *, const sigset_t *);
typedef int pselect64_fn(int, fd_set *, fd_set *, fd_set *, const struct timespec64 *,
                         const sigset_t *);
typedef int epoll_pwait2_64_fn(int, struct epoll_event *, int, const struct timespec64 *,
                               const sigset_t *);
int wait_ppoll64(ppoll64_fn *next, struct pollfd *, nfds_t count, const struct timespec64 *,
                 const sigset_t *);
int wait_pselect64(pselect64_fn *next, int count, fd_set *reads, fd_set *writes, fd_set *errors,
                   const struct timespec64 *, const sigset_t *);
int wait_epoll_pwait2_64(epoll_pwait2_64_fn *next, int epoll, struct epoll_event *, int most,
                         const struct timespec64 *, const sigset_t *);

/* After socket() and epoll_create(): what they have answered. */
int socket_made(int fd);
int epoll_made(int epoll);

int control(ioctl_fn *next, int fd, unsigned long request, void *argument);
int control_process(prctl_fn *next, int operation, const unsigned long arguments[4]);

/* All writes end here: true when the write is done and `result` is its answer. */
bool wrote(int fd, struct iovec *parts, size_t count, int flags, ssize_t *result);

/* Before a write, or a transfer, whose bytes cannot go into a SYN. Returns the errno to fail with,
 * or 0. */
int before_bulk_write(int fd);
int before_transfer(int in, int out);

/* `to` becomes another descriptor of `from`. */
void before_replacing(int from, int to);
void before_fcntl(int fd, int command);

#endif
