/* SPDX-License-Identifier: MIT */
#include "policy/flat.h"
#include "policy/names.h"

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
#define SETTING(name, sides, type, field, initial, least, most, stricter, shown, ...)              \
    .field = rule->field,
#include "policy/keys.def"
        .prefixes = string_at(policy, rule->prefixes),
        .names_loopback = rule->names_loopback,
        .line = rule->line,
        .file = string_at(policy, rule->file),
    };
}

#define HIGHER(mine, its) ((its) > (mine) ? (its) : (mine))
#define LOWER(mine, its) ((its) < (mine) ? (its) : (mine))
#define MINE(mine, its) (mine)

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
#define SETTING(name, sides, type, field, initial, least, most, stricter, shown, ...)              \
    verdict->field = stricter(verdict->field, by->field);
#include "policy/keys.def"
    verdict->names_loopback = verdict->names_loopback && by->names_loopback;
}

/* `by_address`: the rule that serves whatever the names are. Which of them the program has
 * connected for cannot be told. */
static struct client_verdict verdict_by_names(const struct policy *policy, uint32_t by_address,
                                              const struct names_of_address *names,
                                              struct policy_look *look)
{
    struct client_verdict verdict = client_verdict(policy, by_address);
    bool any = names->count == 0 || names->others;
    for (size_t i = 0; i < names->count; i++) {
        struct client_verdict next =
            client_verdict(policy, policy_match_name(policy, names->ids[i], by_address, look));
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

/* A rule may be for it or not: "not known" is not "no". */
static bool is_in_doubt(const struct policy_look *look)
{
    return look->asked && look->found == INTERFACE_UNKNOWN;
}

struct client_verdict policy_client(const struct policy *policy, const struct endpoint *destination,
                                    const struct policy_link *link)
{
    struct policy_look look = {.endpoint = destination, .link = link};
    uint32_t by_address = policy_match(policy, &policy->client, &look);
    struct client_verdict verdict;
    struct names_of_address names;
    if (policy->hosts.count == 0) {
        verdict = client_verdict(policy, by_address);
    } else {
        names_look_up(policy, destination->address, &names);
        verdict = verdict_by_names(policy, by_address, &names, &look);
    }
    if (is_in_doubt(&look))
        verdict = (struct client_verdict){.no_interface = true};
    return verdict;
}

struct server_verdict policy_server(const struct policy *policy, const struct endpoint *listener,
                                    const struct policy_link *link)
{
    struct policy_look look = {.endpoint = listener, .link = link};
    const struct policy_rule *rule =
        rule_of(policy, &policy->server, policy_match(policy, &policy->server, &look));
    if (is_in_doubt(&look))
        return (struct server_verdict){.no_interface = true};
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
