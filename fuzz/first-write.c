/* SPDX-License-Identifier: MIT */
/* Any bytes as a first write. The first two say how much of the rest is in view, the next two the
 * server's port. */
#include "input.h"

#include "oracle.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input input = {.at = data, .left = size};
    size_t view = (size_t)input_byte(&input) << 8;
    view |= input_byte(&input);
    uint16_t port = (uint16_t)(input_byte(&input) << 8);
    port |= input_byte(&input);
    if (view > input.left)
        view = input.left;
    uint8_t *bytes = input_block(input.at, view);
    enum opening opening = opening_of(bytes, view, input.left, port);
    if (opening != OPENING_NONE && (view != input.left || !oracle_allows(opening, bytes, view)))
        abort();
    free(bytes);
    return 0;
}
