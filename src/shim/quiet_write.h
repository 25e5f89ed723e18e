/* SPDX-License-Identifier: MIT */
/* A write that neither waits nor is heard of: see sink.h. */
#ifndef TFOSHIM_SHIM_QUIET_WRITE_H
#define TFOSHIM_SHIM_QUIET_WRITE_H

#include "contract.h"

#include <stdbool.h>
#include <sys/stat.h>
#include <sys/uio.h>

/* `type`: S_IFMT's part of what fstat() says of it. True: all of it has been taken. errno may
 * change. */
bool quiet_write(int fd, mode_t type, const struct iovec parts[], int count) NONNULL MUST_USE;

#endif
