/* SPDX-License-Identifier: MIT */
/*
 * Memory for one run of the compiler, given back all at once. Lack of memory ends the run: it jumps
 * to where the arena was made, so that nobody else has to test for it and nobody exits in a host.
 */
#ifndef TFOSHIM_POLICY_ARENA_H
#define TFOSHIM_POLICY_ARENA_H

#include "contract.h"

#include <setjmp.h>
#include <stddef.h>

struct arena_chunk;

struct arena {
    struct arena_chunk *chunks;
    jmp_buf *exhausted;
};

/* Zeroed memory, aligned for anything. */
void *arena_alloc(struct arena *, size_t size) NONNULL;
char *arena_string(struct arena *, const char *text, size_t length) NONNULL MUST_USE;

/* Makes room for one more element in an array that holds `count`; returns the array's new place.
 * The array must have grown by this function alone. */
void *arena_grow(struct arena *, void *array, size_t count, size_t element_size);

void arena_free(struct arena *) NONNULL;

#endif
