/* SPDX-License-Identifier: MIT */
/* The first two bytes say how much of the rest is in view. */
#include "policy/first_write.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t view;
    uint8_t *bytes;
    bool safe;

    if (size < 2)
        return 0;
    view = (size_t)data[0] << 8 | data[1];
    data += 2;
    size -= 2;
    if (view > size)
        view = size;
    /* In a block of exactly its size: a byte read past it is seen. */
    bytes = malloc(view > 0 ? view : 1);
    if (bytes == NULL)
        return 0;
    memcpy(bytes, data, view);
    safe = first_write_is_replay_safe(bytes, view, size);
    if (safe && (view == 0 || memcmp(bytes, "POST", view < 4 ? view : 4) == 0))
        abort();
    free(bytes);
    return 0;
}
