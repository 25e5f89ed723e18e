/* SPDX-License-Identifier: MIT */
/*
 * What the kernel knows of a TCP socket, and the few requests the shim makes of it. None of these
 * is a cancellation point, none allocates, all may be called from a signal handler. They go to the
 * kernel through `syscall`, the C library's, so that no hook, ours or another's, sees them.
 */
#ifndef TFOSHIM_KERNEL_TCP_H
#define TFOSHIM_KERNEL_TCP_H

#include "contract.h"
#include "kernel/tcp_opening.h"

#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>
#include <unistd.h>

/* To be set once, to the C library's syscall(). */
extern __typeof__(&syscall) kernel_syscall;

/* A system call that leaves errno, which is the program's, alone: returns its result or -errno. */
long tcp_call(long number, long a, long b, long c, long d, long e, long f);

/* The socket's identity, never used twice while the machine runs (SO_COOKIE, Linux >= 4.6);
 * 0 for anything that is no socket. */
uint64_t tcp_socket_cookie(int fd);

/* Is the descriptor still that socket? Where the kernel does not say, it is taken to be. */
bool tcp_is_socket(int fd, uint64_t cookie);

/* The socket's network namespace, never used twice while the machine runs (SO_NETNS_COOKIE, Linux
 * >= 5.14); 0 where the kernel does not tell. */
uint64_t tcp_netns_cookie(int fd);

/* tcpi_state (TCP_SYN_SENT, TCP_ESTABLISHED, ... of <netinet/tcp.h>); -1 where it cannot be told.
 */
int tcp_state(int fd);

/* Of a listener: how many connections wait for accept() at most; -1 where it cannot be told. */
int tcp_backlog(int fd);

/* An IPPROTO_TCP stream: not MPTCP, SCTP, UDP. */
bool tcp_is_tcp(int fd);

/* What the socket is bound to. */
bool tcp_local_address(int fd, struct sockaddr_storage *, socklen_t *length) NONNULL MUST_USE;

/* An int-valued option of level IPPROTO_TCP; -1 on any error. */
int tcp_option(int fd, int name);
/* Returns 0 or the errno. */
int tcp_set_option(int fd, int name, int value);

/* SO_SNDTIMEO and SO_RCVTIMEO in milliseconds, 0: none. */
int tcp_send_timeout(int fd);
int tcp_receive_timeout(int fd);

/* How many bytes could be read now, as the kernel says; reads them into nothing. */
int tcp_unread(int fd);

/* Has it unread bytes, the last of them no older than `heard_ms`, and has it sent none for
 * `silent_ms`? */
bool tcp_was_answered(int fd, int64_t heard_ms, int64_t silent_ms);
void tcp_read_away(int fd);

/* SO_LINGER, in seconds: so long does close() wait, and with 0 it is a reset; -1: it is off. */
int tcp_time_to_linger(int fd);

/* Takes O_ASYNC off: no signals any more. */
void tcp_clear_async(int fd);

/* SO_RCVLOWAT: how many bytes make a socket readable. */
int tcp_least_to_read(int fd);
bool tcp_set_least_to_read(int fd, int bytes);

/* Throws away whatever could be read now. */
void tcp_discard(int fd);

/* How many bytes could be read now, also where the kernel does not say so before the end of the
 * handshake; or -errno. */
long tcp_peek(int fd);

/* Gives the connection up: the socket is closed to the kernel, as before its connect. */
void tcp_dissolve(int fd);

/* Of a socket whose connect the kernel has deferred, or whose connection has failed, makes one
 * whose SYN, without a Fast Open option, leaves now; it waits for nothing, also where the socket is
 * not `nonblocking`. It leaves from that port; 0: from any. Returns 0 or errno. */
int tcp_connect_anew(int fd, const struct sockaddr *, socklen_t length, bool nonblocking,
                     uint16_t port) NONNULL;

/* Its own port; 0 where it has none yet. */
uint16_t tcp_local_port(int fd);

/* A socket that is closed to the kernel, and has no error, is from now on as an established one
 * that was reset: ECONNRESET once, then the end of the stream. The address is the one of its
 * connect. */
void tcp_make_reset(int fd, const struct sockaddr *, socklen_t length) NONNULL;

/* Takes a pending SO_ERROR off the socket; 0: there is none. */
int tcp_take_error(int fd);

/* The address family that the socket was made for (SO_DOMAIN), -1 where it cannot be told. */
int tcp_domain(int fd);

/* The descriptor's file status flags (F_GETFL), 0 where they cannot be told. */
int tcp_flags(int fd);
/* The same; false where they cannot be told. */
bool tcp_get_flags(int fd, int *flags) NONNULL;
bool tcp_is_nonblocking(int fd);
bool tcp_is_close_on_exec(int fd);

/* Sends the SYN of a deferred connection without data, as a fast open or, where that is refused, as
 * a plain connect, and does not wait. Returns 0 when the SYN has left (or the connection already
 * stands), else the error, as connect() would give it. */
int tcp_send_bare_syn(int fd, const struct sockaddr *, socklen_t) NONNULL;

/* Does this errno say that MSG_FASTOPEN itself is not to be had: switched off, forbidden by a
 * sandbox, or without memory for it? Whatever the network cannot have answered does. */
bool tcp_refuses_fast_open(int error);

/* Does the kernel still hold the SYN of this connect back? Asked where MSG_FASTOPEN was refused: a
 * sandbox may forbid the flag, and then a plain write sends the SYN of a connect that the kernel
 * has deferred. */
bool tcp_is_deferred(int fd, int error);

/* What a failed MSG_FASTOPEN means to a program that knows nothing of it: 0 when the SYN has left
 * all the same (or left before) without the call's bytes, else an error that connect() could give.
 */
int tcp_syn_error(int error);

/* Which of `events` (POLLIN, POLLOUT ...), and which errors, are there now; 0 also where the kernel
 * is not to be asked. */
short tcp_poll(int fd, short events);

/* Waits until one of `events` or an error is there; false after
 * `milliseconds`; negative: without limit. Signals do not end it. 0 asks without waiting. */
bool tcp_wait(int fd, short events, int milliseconds);

/* poll(), and ppoll() where there is a mask, the kernel's own. Returns how many are ready, or a
 * negative errno: -EINTR, where a handler has run. */
long tcp_poll_some(struct pollfd *, unsigned count, int64_t milliseconds,
                   const uint64_t *mask) MUST_USE;

/* CLOCK_MONOTONIC. */
int64_t tcp_now_ns(void);
int64_t tcp_now_ms(void);

#endif
