/* SPDX-License-Identifier: MIT */
#include "policy/flat.h"
#include "policy/names.h"

#include <string.h>

static uint64_t big_endian(const uint8_t bytes[8])
{
    uint64_t number = 0;

    for (int i = 0; i < 8; i++)
        number = number << 8 | bytes[i];
    return number;
}

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

uint32_t policy_match(const struct policy *policy, const struct policy_group *group,
                      const struct endpoint *endpoint, const uint32_t ids[], size_t id_count,
                      unsigned *steps)
{
    const struct policy_prefix_set *sets = policy_at(policy, group->sets.offset);
    const struct policy_host *hosts = policy_at(policy, policy->hosts.offset);
    const uint64_t high = big_endian(endpoint->address), low = big_endian(endpoint->address + 8);
    const uint32_t family = policy_family(endpoint->address);
    uint32_t best = POLICY_NO_RULE, rule;

    for (uint32_t i = 0; i < group->sets.count; i++) {
        const struct policy_prefix *prefix;

        ++*steps;
        if (sets[i].family != FAMILY_ANY && sets[i].family != family)
            continue;
        prefix = find_prefix(policy, &sets[i], high, low, steps);
        if (prefix == NULL)
            continue;
        rule = find_port(policy, &prefix->segments, endpoint->port, steps);
        if (rule < best)
            best = rule;
    }
    for (size_t i = 0; i < id_count; i++) {
        if (ids[i] >= policy->hosts.count)
            continue;
        rule = find_port(policy, &hosts[ids[i]].segments, endpoint->port, steps);
        if (rule < best)
            best = rule;
    }
    return best;
}

uint32_t policy_host_id(const struct policy *policy, const char *pattern)
{
    const struct policy_host *hosts = policy_at(policy, policy->hosts.offset);
    size_t first = 0, end = policy->hosts.count;

    while (first < end) {
        size_t middle = first + (end - first) / 2;
        int order = strcmp(policy_at(policy, hosts[middle].pattern), pattern);

        if (order == 0)
            return (uint32_t)middle;
        if (order < 0)
            first = middle + 1;
        else
            end = middle;
    }
    return POLICY_NO_RULE;
}

static const struct policy_rule *rule_of(const struct policy *policy,
                                         const struct policy_group *group, uint32_t index)
{
    const struct policy_rule *rules = policy_at(policy, group->rules.offset);

    return index == POLICY_NO_RULE ? &group->fallback : &rules[index];
}

static const char *string_at(const struct policy *policy, uint32_t offset)
{
    return offset == 0 ? NULL : policy_at(policy, offset);
}

struct client_verdict policy_client(const struct policy *policy, const struct endpoint *destination)
{
    uint32_t ids[NAMES_PER_ADDRESS];
    size_t id_count = 0;
    unsigned steps = 0;
    const struct policy_rule *rule;

    if (policy->hosts.count > 0)
        id_count = names_lookup(destination->address, ids, NAMES_PER_ADDRESS);
    rule = rule_of(policy, &policy->client,
                   policy_match(policy, &policy->client, destination, ids, id_count, &steps));
    return (struct client_verdict){
        .fastopen = rule->fastopen,
        .first_write = rule->first_write,
        .first_contact = rule->first_contact,
        .deferral = rule->deferral,
        .min_rtt_us = rule->min_rtt_us,
        .names_loopback = rule->names_loopback,
        .line = rule->line,
        .file = string_at(policy, rule->file),
    };
}

struct server_verdict policy_server(const struct policy *policy, const struct endpoint *listener)
{
    unsigned steps = 0;
    const struct policy_rule *rule = rule_of(
        policy, &policy->server, policy_match(policy, &policy->server, listener, NULL, 0, &steps));

    return (struct server_verdict){
        .fastopen = rule->fastopen,
        .first_read = rule->first_write,
        .queue = rule->queue,
        .line = rule->line,
        .file = string_at(policy, rule->file),
    };
}
