/* SPDX-License-Identifier: MIT */
/* What will not work of a policy that can be read. */
#ifndef TFOSHIM_CLI_CHECK_POLICY_H
#define TFOSHIM_CLI_CHECK_POLICY_H

#include "contract.h"
#include "policy/rules.h"

#include <string.h>

/* Warns, on stderr, of rules that never match as earlier ones cover all that they say. */
void check_rules(const struct rule_file *) NONNULL;

/* Warns, on stderr, of key files that cannot be used as they are, and of rules that may be for
 * listeners of one address and have different ones. */
void check_keys(const struct rule_file *) NONNULL;

/* Why lines that the caller logs `to` this file, as the policy says, would be lost; NULL: they
 * would not. The library itself cannot report that. */
const char *log_trouble(const char *to) NONNULL MUST_USE;

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
