/* SPDX-License-Identifier: MIT */
/* What streams of the C library still hold when what they write to ends: it is written after the
 * hook, which must not say the end of it before. */
#ifndef TFOSHIM_SHIM_UNFLUSHED_H
#define TFOSHIM_SHIM_UNFLUSHED_H

#include <stdbool.h>
#include <stdio.h>

/* This thread closes that stream; NULL: not any more. */
void unflushed_closing(const FILE *);

/* The process ends by exit(), which flushes all streams after the destructors. */
void unflushed_at_exit(void);

/* Does such a stream hold output for this descriptor? */
bool unflushed_is(int fd);

#endif
