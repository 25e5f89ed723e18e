/* SPDX-License-Identifier: MIT */
/* Ports that are left, a bit each. */
#ifndef TFOSHIM_CLI_PORT_SET_H
#define TFOSHIM_CLI_PORT_SET_H

#include "policy/rules.h"

#include <string.h>

#define PORT_SET_WORDS ((PORT_HIGHEST + 1) / 64)

struct port_set {
    uint64_t words[PORT_SET_WORDS];
};

static inline uint64_t port_set_bits(const struct port_range *ports, unsigned word)
{
    uint64_t bits = UINT64_MAX;
    if (ports->lo / 64u == word)
        bits &= UINT64_MAX << ports->lo % 64;
    if (ports->hi / 64u == word)
        bits &= UINT64_MAX >> (63 - ports->hi % 64);
    return bits;
}

static inline void port_set_of(struct port_set *set, const struct rule *rule)
{
    size_t count;
    const struct port_range *ranges = rule_ports(rule, &count);
    memset(set, 0, sizeof *set);
    for (size_t i = 0; i < count; i++)
        for (unsigned word = ranges[i].lo / 64; word <= ranges[i].hi / 64u; word++)
            set->words[word] |= port_set_bits(&ranges[i], word);
}

/* Takes those of a rule out; was there any? */
static inline bool port_set_take(struct port_set *set, const struct rule *rule)
{
    size_t count;
    const struct port_range *ranges = rule_ports(rule, &count);
    uint64_t taken = 0;
    for (size_t i = 0; i < count; i++)
        for (unsigned word = ranges[i].lo / 64; word <= ranges[i].hi / 64u; word++) {
            const uint64_t bits = set->words[word] & port_set_bits(&ranges[i], word);
            taken |= bits;
            set->words[word] &= ~bits;
        }
    return taken != 0;
}

static inline bool port_set_is_empty(const struct port_set *set)
{
    for (size_t i = 0; i < PORT_SET_WORDS; i++)
        if (set->words[i] != 0)
            return false;
    return true;
}

#endif
