/* SPDX-License-Identifier: MIT */
/* A second descriptor of a socket, a stream over it, or another process: where no record is. */
#ifndef TFOSHIM_SHIM_SHARING_H
#define TFOSHIM_SHIM_SHARING_H

#include "contract.h"

#include <sys/socket.h>

/* Before the socket becomes known by a descriptor that the program will use as it uses this one;
 * after it has, by `copy` (negative: it has not). Returns `copy`. */
void sharing_before(int fd);
int sharing_after(int fd, int copy);

/* The descriptor is going to be used where no hook is, in the C library or the kernel; `why` is for
 * the log. */
void sharing_unseen(int fd, const char *why) NONNULL;
/* By a stream of the C library, which ends with the descriptor or the process. */
void sharing_with_stream(int fd);

/* A signal is to tell of its readiness: it must have something to tell. */
void sharing_with_signals(int fd);

/* `message` may carry descriptors to another process (SCM_RIGHTS). */
void sharing_by_message(const struct msghdr *message);

/* The program has a ring, which may write and read on all of them. */
void sharing_with_ring(void);

/* A new process image gets what is not closed on exec: beside this one, or in its place. NULL: its
 * environment is the process's own. */
void sharing_before_spawn(char *const environment[]);
void sharing_before_exec(char *const environment[]);

#endif
