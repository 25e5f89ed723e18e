/* SPDX-License-Identifier: MIT */
#ifndef TFOSHIM_SHIM_READING_H
#define TFOSHIM_SHIM_READING_H

#include "contract.h"

#include <stdbool.h>
#include <sys/types.h>

/* Before a read. True: it is done, *result and errno are set. False: the plain call is to be made.
 */
bool reading(int fd, int flags, ssize_t *result) NONNULL MUST_USE;

/* After it: as written(). */
ssize_t have_read(int fd, int flags, ssize_t result);

#endif
