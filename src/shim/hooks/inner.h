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

typedef __typeof__(getpeername) get_name_fn;
typedef __typeof__(getsockopt) get_option_fn;
typedef __typeof__(setsockopt) set_option_fn;
typedef __typeof__(sendmsg) send_message_fn;
typedef __typeof__(sendmmsg) send_messages_fn;

int get_peer_name(get_name_fn *next, int fd, struct sockaddr *, socklen_t *);
int get_option(get_option_fn *next, int fd, int level, int name, void *value, socklen_t *);
int set_option(set_option_fn *next, int fd, int level, int name, const void *value, socklen_t);
ssize_t send_message(send_message_fn *next, int fd, const struct msghdr *, int flags);
int send_messages(send_messages_fn *next, int fd, struct mmsghdr *, unsigned count, int flags);

/* All writes end here: true when the write is done and `result` is its answer. */
bool wrote(int fd, struct iovec *parts, size_t count, int flags, ssize_t *result);

/* Before a write, or a transfer, whose bytes cannot go into a SYN. Returns the errno to fail with,
 * or 0. */
int before_bulk_write(int fd);
int before_transfer(int in, int out);

/* `to` becomes another descriptor of `from`. */
void before_replacing(int from, int to);
void before_fcntl(int fd, int command);

/* An argument of a system call; either fills a register. */
union argument {
    long word;
    void *pointer;
};

/* Before a system call, but for what reads and writes. Returns the errno to fail with, or 0. */
int before_syscall(long number, const union argument[6]);

#endif
