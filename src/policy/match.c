/* SPDX-License-Identifier: MIT */
#include "policy/flat.h"
#include "policy/wildcard.h"

#include <string.h>

/* The first `bits` of a 64-bit number; a shift by 64 would be undefined. */
static uint64_t leading(uint64_t number, unsigned bits)
{
    if (bits == 0)
        return 0;
    return bits >= 64 ? number : number & ~UINT64_C(0) << (64 - bits);
}

static const struct policy_prefix *find_prefix(const struct policy *policy,
                                               const struct policy_prefix_set *set, uint64_t high,
                                               uint64_t low, unsigned *steps)
{
    const struct policy_prefix *prefixes = policy_at(policy, set->prefixes.offset);
    size_t first = 0, end = set->prefixes.count;
    high = leading(high, set->length);
    low = leading(low, set->length > 64 ? set->length - 64 : 0);
    while (first < end) {
        size_t middle = first + (end - first) / 2;
        const struct policy_prefix *prefix = &prefixes[middle];
        ++*steps;
        if (prefix->high == high && prefix->low == low)
            return prefix;
        if (prefix->high < high || (prefix->high == high && prefix->low < low))
            first = middle + 1;
        else
            end = middle;
    }
    return NULL;
}

static uint32_t find_port(const struct policy *policy, const struct policy_array *array,
                          uint16_t port, unsigned *steps)
{
    const struct policy_segment *segments = policy_at(policy, array->offset);
    size_t first = 0, end = array->count;
    while (first < end) {
        size_t middle = first + (end - first) / 2;
        ++*steps;
        if (segments[middle].hi < port)
            first = middle + 1;
        else if (segments[middle].lo > port)
            end = middle;
        else
            return segments[middle].rule;
    }
    return POLICY_NO_RULE;
}

/* Asks the first time that it matters. */
static bool is_by(const struct policy *policy, uint32_t pattern, struct policy_look *look)
{
    if (pattern == 0)
        return true;
    if (!look->asked && look->link != NULL)
        look->found = look->link->find(look->link->fd, look->endpoint->address, look->interface);
    look->asked = true;
    return look->found == INTERFACE_KNOWN &&
           wildcard_matches(policy_at(policy, pattern), look->interface, strlen(look->interface));
}

uint32_t policy_match(const struct policy *policy, const struct policy_group *group,
                      struct policy_look *look)
{
    const struct policy_prefix_set *sets = policy_at(policy, group->sets.offset);
    const struct endpoint *endpoint = look->endpoint;
    const uint64_t high = policy_half(endpoint->address), low = policy_half(endpoint->address + 8);
    const uint32_t family = policy_family(endpoint->address);
    uint32_t best = POLICY_NO_RULE, rule;
    for (uint32_t i = 0; i < group->sets.count; i++) {
        const struct policy_prefix *prefix;
        ++look->steps;
        if (sets[i].family != FAMILY_ANY && sets[i].family != family)
            continue;
        prefix = find_prefix(policy, &sets[i], high, low, &look->steps);
        if (prefix == NULL)
            continue;
        rule = find_port(policy, &prefix->segments, endpoint->port, &look->steps);
        if (rule < best && is_by(policy, sets[i].interface, look))
            best = rule;
    }
    return best;
}

static bool same_pattern(const struct policy *policy, const struct policy_host *host,
                         const char *pattern)
{
    return strcmp(policy_at(policy, host->pattern), pattern) == 0;
}

/* The other patterns of a name are the ends of the one that says most: ".example.com", ".com". */
uint32_t policy_match_name(const struct policy *policy, uint32_t id, uint32_t best,
                           struct policy_look *look)
{
    const struct policy_host *hosts = policy_at(policy, policy->hosts.offset);
    const char *part = id < policy->hosts.count ? policy_at(policy, hosts[id].pattern) : NULL;
    while (part != NULL) {
        for (; id < policy->hosts.count && same_pattern(policy, &hosts[id], part); id++) {
            uint32_t rule =
                find_port(policy, &hosts[id].segments, look->endpoint->port, &look->steps);
            if (rule < best && is_by(policy, hosts[id].interface, look))
                best = rule;
        }
        part = strchr(part + 1, '.');
        id = part == NULL ? POLICY_NO_RULE : policy_host_id(policy, part);
    }
    return best;
}

/* The first of those with that pattern. */
uint32_t policy_host_id(const struct policy *policy, const char *pattern)
{
    const struct policy_host *hosts = policy_at(policy, policy->hosts.offset);
    size_t first = 0, end = policy->hosts.count;
    while (first < end) {
        size_t middle = first + (end - first) / 2;
        if (strcmp(policy_at(policy, hosts[middle].pattern), pattern) < 0)
            first = middle + 1;
        else
            end = middle;
    }
    return first < policy->hosts.count && same_pattern(policy, &hosts[first], pattern)
               ? (uint32_t)first
               : POLICY_NO_RULE;
}
