/* SPDX-License-Identifier: MIT */
#include "policy/build.h"

#include <string.h>

#define SIZE_MOST ((size_t)1 << 30) /* offsets have 32 bits */

uint32_t block_append(struct builder *builder, const void *data, size_t size)
{
    size_t offset = (builder->size + 7) / 8 * 8;
    if (size > SIZE_MOST - offset)
        longjmp(*builder->arena.exhausted, 1);
    if (offset + size > builder->capacity) {
        size_t capacity = (offset + size) * 2;
        char *block = arena_alloc(&builder->arena, capacity);
        if (builder->size > 0)
            memcpy(block, builder->block, builder->size);
        builder->block = block;
        builder->capacity = capacity;
    }
    if (size > 0)
        memcpy(builder->block + offset, data, size);
    builder->size = offset + size;
    return (uint32_t)offset;
}

uint32_t block_string(struct builder *builder, const char *text)
{
    return block_append(builder, text, strlen(text) + 1);
}

struct policy_array block_array(struct builder *builder, const void *data, size_t count,
                                size_t element_size)
{
    return (struct policy_array){
        .offset = block_append(builder, data, count * element_size),
        .count = (uint32_t)count,
    };
}
