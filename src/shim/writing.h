/* SPDX-License-Identifier: MIT */
#ifndef TFOSHIM_SHIM_WRITING_H
#define TFOSHIM_SHIM_WRITING_H

#include "contract.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/uio.h>

/* A write of `message`. True: it is done, *result and errno are set as the call would have. False:
 * the plain call is to be made now. The message may lie in the program's memory, and its parts do:
 * bad pointers are left to the kernel. */
bool writing(int fd, const struct msghdr *message, int flags, ssize_t *result) MUST_USE;

/* The same for what is in one piece. */
bool writing_bytes(int fd, const void *bytes, size_t length, int flags, ssize_t *result) MUST_USE;

/* Before a write whose bytes cannot go into a SYN. Returns the errno to fail with, or 0. */
int writing_in_bulk(int fd) MUST_USE;

/* After a write: bytes that moved prove that the handshake is over; errors are put in words that
 * fit what the program has been told. Returns the result. */
ssize_t written(int fd, ssize_t result);

#endif
