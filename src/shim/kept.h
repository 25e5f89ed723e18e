/* SPDX-License-Identifier: MIT */
/* Copies of what SYNs have carried, for the state machine alone: a path that answers data in a SYN
 * with a reset has lost it, and the program that wrote it has been told that it is on its way. */
#ifndef TFOSHIM_SHIM_KEPT_H
#define TFOSHIM_SHIM_KEPT_H

#include "contract.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>

/* Copies the first `length` bytes of the message; false: there are too many. */
bool kept_put(unsigned slot, const struct msghdr *, size_t length) NONNULL MUST_USE;

/* What is kept in one slot is another one's now. */
void kept_move(unsigned from, unsigned to);

const void *kept_get(unsigned slot, size_t *length) NONNULL;

#endif
