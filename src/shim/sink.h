/* SPDX-License-Identifier: MIT */
/*
 * Where the log's lines go, so that a log gets the better of nobody: a sink that is not ready loses
 * the line, a signal that a write raises is taken back, and no flag changes of a descriptor that
 * others have too. Allocates nothing, keeps no descriptor, may be called from a signal handler.
 */
#ifndef TFOSHIM_SHIM_SINK_H
#define TFOSHIM_SHIM_SINK_H

#include <stdbool.h>
#include <stddef.h>

/* `path`: NULL for standard error, as the program has it now; must stay in memory. */
void sink_set_up(const char *path);

/* Is it standard error, and that the journal's? */
bool sink_is_journal(void);

/* Writes a line, and before it how many were lost since the last one that came through. errno is
 * kept. */
void sink_write(const char *line, size_t length);

/* In a child of fork(): what was lost was its parent's. */
void sink_forked(void);

#endif
