/* SPDX-License-Identifier: MIT */
#include "policy/openings/openings.h"

#include "policy/openings/opening.h"

static enum opening recognise(const struct bytes *b, uint16_t at)
{
#define OPENING(name, port, what, why)                                                             \
    if (((port) == 0 || (port) == at) && opening_is_##name(b))                                     \
        return OPENING_##name;
#include "policy/openings/openings.def"
#undef OPENING
    return OPENING_NONE;
}

enum opening opening_of(const void *bytes, size_t length, size_t total, uint16_t port)
{
    const struct bytes all = {.at = bytes, .length = length};
    /* What was not shown may be anything. */
    if (length == 0 || length != total)
        return OPENING_NONE;
    const struct bytes opening = bytes_from(&all, opening_proxy_header(&all));
    return opening.length == 0 ? OPENING_NONE : recognise(&opening, port);
}
