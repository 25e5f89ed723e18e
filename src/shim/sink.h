/* SPDX-License-Identifier: MIT */
/*
 * Where the log's lines go, so that a log gets the better of nobody: a sink that is not ready loses
 * the line, a signal that a write raises is taken back, and no flag changes of a descriptor that
 * others have too. Allocates nothing, keeps no descriptor, may be called from a signal handler.
 */
#ifndef TFOSHIM_SHIM_SINK_H
#define TFOSHIM_SHIM_SINK_H

#include "contract.h"

#include <stdbool.h>
#include <stddef.h>

/* Standard error is the one that the program has now. */
void sink_set_up(void);

/* Do lines go to standard error, as the policy in force says, and is that the journal's? */
bool sink_is_journal(void);

/* Writes a line, and before it how many were lost since the last one that came through. errno is
 * kept. */
void sink_write(const char *line, size_t length) NONNULL;

/* In a child of fork(): what was lost was its parent's. */
void sink_forked(void);

#endif
