/* SPDX-License-Identifier: MIT */
/*
 * What the kernel knows of a TCP socket, and the few requests the shim makes of it. None of these is a
 * cancellation point, none allocates, all may be called from a signal handler. They go to the kernel
 * through `syscall`, the C library's, so that no hook, ours or another's, sees them.
 */
#ifndef TFOSHIM_KERNEL_TCP_H
#define TFOSHIM_KERNEL_TCP_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>
#include <unistd.h>

/* To be set once, to the C library's syscall(). */
extern __typeof__(&syscall) kernel_syscall;

/* The socket's identity, never used twice while the machine runs (SO_COOKIE, Linux >= 4.6);
 * 0 for anything that is no socket. */
uint64_t tcp_socket_cookie(int fd);

/* tcpi_state (TCP_SYN_SENT, TCP_ESTABLISHED, ... of <netinet/tcp.h>); -1 where it cannot be told. */
int tcp_state(int fd);

/* An IPPROTO_TCP stream: not MPTCP, SCTP, UDP. */
bool tcp_is_tcp(int fd);

/* What the socket is bound to. */
bool tcp_local_address(int fd, struct sockaddr_storage *, socklen_t *length);

/* An int-valued option of level IPPROTO_TCP; -1 on any error. */
int tcp_option(int fd, int name);
bool tcp_set_option(int fd, int name, int value);

bool tcp_is_nonblocking(int fd);
bool tcp_is_close_on_exec(int fd);

/* Sends the SYN of a deferred connection without data and does not wait. Returns 0 when the SYN has
 * left (or the connection already stands), else the error, as connect() would give it. */
int tcp_send_bare_syn(int fd, const struct sockaddr *, socklen_t);

/* What a failed MSG_FASTOPEN means to a program that knows nothing of it: 0 when the SYN has left all
 * the same (or left before) without the call's bytes, else an error that connect() could give. */
int tcp_syn_error(int error);

/* Asks after a connect whose handshake is over, as a program does that polled for it. */
void tcp_confirm_connect(int fd, const struct sockaddr *, socklen_t);

/* Waits until one of `events` (POLLIN, POLLOUT ...) or an error is there; false after `milliseconds`.
 * Signals do not end it. 0 asks without waiting. */
bool tcp_wait(int fd, short events, int milliseconds);

#endif
