/* SPDX-License-Identifier: MIT */
#include "policy/arena.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define CHUNK_SIZE ((size_t)64 * 1024)

struct arena_chunk {
    struct arena_chunk *next;
    size_t used;
    size_t size;
    max_align_t data[];
};

static struct arena_chunk *chunk_for(struct arena *arena, size_t size)
{
    struct arena_chunk *chunk = arena->chunks;
    if (chunk != NULL && chunk->size - chunk->used >= size)
        return chunk;
    if (size > SIZE_MAX / 2)
        longjmp(*arena->exhausted, 1);
    if (size < CHUNK_SIZE)
        size = CHUNK_SIZE;
    chunk = calloc(1, sizeof *chunk + size);
    if (chunk == NULL)
        longjmp(*arena->exhausted, 1);
    chunk->size = size;
    chunk->next = arena->chunks;
    arena->chunks = chunk;
    return chunk;
}

void *arena_alloc(struct arena *arena, size_t size)
{
    struct arena_chunk *chunk;
    void *memory;
    size = (size + sizeof(max_align_t) - 1) / sizeof(max_align_t) * sizeof(max_align_t);
    chunk = chunk_for(arena, size);
    memory = (char *)chunk->data + chunk->used;
    chunk->used += size;
    return memory;
}

char *arena_string(struct arena *arena, const char *text, size_t length)
{
    char *copy = arena_alloc(arena, length + 1);
    memcpy(copy, text, length);
    return copy;
}

/* The array has room for the next power of two, so it moves only when it has just filled one. */
void *arena_grow(struct arena *arena, void *array, size_t count, size_t element_size)
{
    void *larger;
    if (count != 0 && (count & (count - 1)) != 0)
        return array;
    if (count > SIZE_MAX / 4 / element_size)
        longjmp(*arena->exhausted, 1);
    larger = arena_alloc(arena, (count == 0 ? 1 : count * 2) * element_size);
    if (count != 0)
        memcpy(larger, array, count * element_size);
    return larger;
}

void arena_free(struct arena *arena)
{
    while (arena->chunks != NULL) {
        struct arena_chunk *chunk = arena->chunks;
        arena->chunks = chunk->next;
        free(chunk);
    }
}
