/* SPDX-License-Identifier: MIT */
#ifndef TFOSHIM_CLI_PATTERN_H
#define TFOSHIM_CLI_PATTERN_H

#include "policy/rules.h"

#include <string.h>

/* Whether the shorter prefix of the two is one of the other, whatever their families. */
static inline bool pattern_same_prefix(const struct address_pattern *one,
                                       const struct address_pattern *other)
{
    const unsigned length = one->length < other->length ? one->length : other->length;
    const unsigned bytes = length / 8, bits = length % 8;
    return memcmp(one->address, other->address, bytes) == 0 &&
           (bits == 0 || ((one->address[bytes] ^ other->address[bytes]) >> (8 - bits)) == 0);
}

#endif
