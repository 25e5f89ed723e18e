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
                      const struct endpoint *endpoint, unsigned *steps)
{
    const struct policy_prefix_set *sets = policy_at(policy, group->sets.offset);
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
    return best;
}

/* The other patterns of a name are the ends of the one that says most: ".example.com", ".com". */
uint32_t policy_match_name(const struct policy *policy, uint32_t id, uint16_t port, unsigned *steps)
{
    const struct policy_host *hosts = policy_at(policy, policy->hosts.offset);
    uint32_t best = POLICY_NO_RULE, rule;
    const char *part;

    if (id >= policy->hosts.count)
        return best;
    for (part = policy_at(policy, hosts[id].pattern); part != NULL;) {
        rule = id == POLICY_NO_RULE ? id : find_port(policy, &hosts[id].segments, port, steps);
        if (rule < best)
            best = rule;
        part = strchr(part + 1, '.');
        id = part == NULL ? POLICY_NO_RULE : policy_host_id(policy, part);
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

static struct client_verdict client_verdict(const struct policy *policy, uint32_t index)
{
    const struct policy_rule *rule = rule_of(policy, &policy->client, index);

    return (struct client_verdict){
        .fastopen = rule->fastopen,
        .first_write = rule->first_write,
        .first_contact = rule->first_contact,
        .deferral = rule->deferral,
        .min_rtt_us = rule->min_rtt_us,
        .lately_s = rule->lately_s,
        .prefixes = string_at(policy, rule->prefixes),
        .names_loopback = rule->names_loopback,
        .line = rule->line,
        .file = string_at(policy, rule->file),
    };
}

static void tighten(struct client_verdict *verdict, const struct client_verdict *by)
{
    if (!verdict->fastopen)
        return;
    if (!by->fastopen) {
        *verdict = *by;
        return;
    }
    /* What only one of them vouches for nobody vouches for. */
    if (by->prefixes != verdict->prefixes && by->first_write != FIRST_WRITE_ANY)
        verdict->prefixes = verdict->first_write == FIRST_WRITE_ANY ? by->prefixes : NULL;
    if (by->first_write == FIRST_WRITE_REPLAY_SAFE)
        verdict->first_write = by->first_write;
    if (by->first_contact == FIRST_CONTACT_CONNECT)
        verdict->first_contact = by->first_contact;
    if (by->min_rtt_us > verdict->min_rtt_us)
        verdict->min_rtt_us = by->min_rtt_us;
    if (by->lately_s < verdict->lately_s)
        verdict->lately_s = by->lately_s;
    verdict->names_loopback = verdict->names_loopback && by->names_loopback;
}

/* `by_address`: the rule that serves whatever the names are. Which of them the program has
 * connected for cannot be told. */
static struct client_verdict verdict_by_names(const struct policy *policy, uint32_t by_address,
                                              uint16_t port, const struct names_of_address *names)
{
    struct client_verdict verdict = client_verdict(policy, by_address);
    bool any = names->count == 0 || names->others;
    unsigned steps = 0;

    for (size_t i = 0; i < names->count; i++) {
        uint32_t rule = policy_match_name(policy, names->ids[i], port, &steps);
        struct client_verdict next = client_verdict(policy, rule < by_address ? rule : by_address);

        if (any)
            tighten(&verdict, &next);
        else
            verdict = next;
        any = true;
    }
    if (names->forgotten && policy->first_host_rule < by_address)
        verdict = (struct client_verdict){.forgotten = true};
    return verdict;
}

struct client_verdict policy_client(const struct policy *policy, const struct endpoint *destination)
{
    unsigned steps = 0;
    uint32_t by_address = policy_match(policy, &policy->client, destination, &steps);
    struct names_of_address names;

    if (policy->hosts.count == 0)
        return client_verdict(policy, by_address);
    names_look_up(destination->address, &names);
    return verdict_by_names(policy, by_address, destination->port, &names);
}

struct server_verdict policy_server(const struct policy *policy, const struct endpoint *listener)
{
    unsigned steps = 0;
    const struct policy_rule *rule =
        rule_of(policy, &policy->server, policy_match(policy, &policy->server, listener, &steps));

    return (struct server_verdict){
        .fastopen = rule->fastopen,
        .first_read = rule->first_write,
        .queue = rule->queue,
        .key_file = string_at(policy, rule->key_file),
        .prefixes = string_at(policy, rule->prefixes),
        .line = rule->line,
        .file = string_at(policy, rule->file),
    };
}
