/* SPDX-License-Identifier: MIT */
/*
 * Which rules can never match? For each address pattern of a rule, the ports are counted that
 * earlier rules leave to it: rules with a pattern that contains it and, half by half, rules with
 * patterns that cover it together. The programs, users, units and interfaces that the rule names
 * are examined one by one, or, if it names none, one that no rule names: for any other, at least
 * as many earlier rules apply.
 */
#include "cli/check_policy.h"
#include "cli/util.h"
#include "policy/wildcard.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAMED_MOST 3

/* With more rules than that, the check would take too long. */
#define STEPS_MOST 400000000u

/* ---- ports that are left, a bit each ---- */

#define PORT_SET_WORDS ((PORT_HIGHEST + 1) / 64)

struct port_set {
    uint64_t words[PORT_SET_WORDS];
};

static uint64_t port_set_bits(const struct port_range *ports, unsigned word)
{
    uint64_t bits = UINT64_MAX;
    if (ports->lo / 64u == word)
        bits &= UINT64_MAX << ports->lo % 64;
    if (ports->hi / 64u == word)
        bits &= UINT64_MAX >> (63 - ports->hi % 64);
    return bits;
}

static void port_set_of(struct port_set *set, const struct rule *rule)
{
    size_t count;
    const struct port_range *ranges = rule_ports(rule, &count);
    memset(set, 0, sizeof *set);
    for (size_t i = 0; i < count; i++)
        for (unsigned word = ranges[i].lo / 64; word <= ranges[i].hi / 64u; word++)
            set->words[word] |= port_set_bits(&ranges[i], word);
}

/* Takes those of a rule out; was there any? */
static bool port_set_take(struct port_set *set, const struct rule *rule)
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

static bool port_set_is_empty(const struct port_set *set)
{
    for (size_t i = 0; i < PORT_SET_WORDS; i++)
        if (set->words[i] != 0)
            return false;
    return true;
}

/* ---- the processes and interfaces that rules tell apart ---- */

/* One combination that a rule names. */
struct who {
    const struct selected *is[SELECTORS]; /* NULL: what no rule names */
    size_t at[SELECTORS];                 /* which of the rule's */
};

static void choose(struct who *who, const struct rule *rule)
{
    for (enum selector selector = 0; selector < SELECTORS; selector++) {
        const struct selection *selection = &rule->select[selector];
        who->is[selector] = selection->count == 0 ? NULL : &selection->any[who->at[selector]];
    }
}

/* The first of those that a rule is for, and the next; false: there are no more. */
static void who_first(struct who *who, const struct rule *rule)
{
    memset(who->at, 0, sizeof who->at);
    choose(who, rule);
}

static bool who_next(struct who *who, const struct rule *rule)
{
    for (enum selector selector = 0; selector < SELECTORS; selector++) {
        if (++who->at[selector] < rule->select[selector].count) {
            choose(who, rule);
            return true;
        }
        who->at[selector] = 0;
    }
    return false;
}

/* Does the pattern match all that the other does? One of a program's name says nothing of names
 * with directories. */
static bool contains(const char *pattern, const char *other)
{
    return (strchr(pattern, '/') == NULL) == (strchr(other, '/') == NULL) &&
           wildcard_matches(pattern, other, strlen(other));
}

static bool is_among(const struct selection *selection, const struct selected *one)
{
    for (size_t i = 0; one != NULL && i < selection->count; i++)
        if (contains(selection->any[i].pattern, one->pattern))
            return true;
    return selection->count == 0;
}

/* Does that rule apply to it, too? */
static bool who_has(const struct rule *rule, const struct who *who)
{
    for (enum selector selector = 0; selector < SELECTORS; selector++)
        if (!is_among(&rule->select[selector], who->is[selector]))
            return false;
    return true;
}

/* ---- what is left to a rule ---- */

/* An address pattern of an earlier rule. */
struct claim {
    const struct address_pattern *pattern;
    const struct rule *rule;
};

struct search {
    const struct rule_group *group;
    const struct rule *rule;
    struct who who;
    struct claim *claims;
    size_t capacity;
    bool *covers; /* of each rule of the group: it has taken ports from this one */
    bool *never;  /* it never matches, so it covers nothing that others do not */
    unsigned long steps;
};

static const struct address_pattern every = {.family = FAMILY_ANY};

static void take_ports(struct search *search, struct port_set *free, const struct rule *by)
{
    search->steps += 1 + by->port_count;
    if (port_set_take(free, by))
        search->covers[by - search->group->rules] = true;
}

static bool covers_whole(const struct claim *claim, enum policy_family family, unsigned length)
{
    return claim->pattern->family == FAMILY_ANY ||
           (family != FAMILY_ANY && claim->pattern->length <= length);
}

/* Is it in the part that comes first: IPv4 of all, or the half whose next bit is 0? */
static bool is_in_first(const struct claim *claim, enum policy_family family, unsigned length)
{
    return family == FAMILY_ANY ? claim->pattern->family == FAMILY_IPV4
                                : (claim->pattern->address[length / 8] & (0x80 >> length % 8)) == 0;
}

/* Those of the first part to the front; how many they are. */
static size_t part(struct claim *claims, size_t count, enum policy_family family, unsigned length)
{
    size_t first = 0;
    for (size_t i = 0; i < count; i++)
        if (is_in_first(&claims[i], family, length)) {
            struct claim other = claims[first];
            claims[first++] = claims[i];
            claims[i] = other;
        }
    return first;
}

/* Do these leave nothing of those ports, at any address of a prefix that each of them overlaps? */
static bool is_covered(struct search *search, struct port_set ports, struct claim *claims,
                       size_t count, enum policy_family family, unsigned length)
{
    size_t within = 0, first;
    search->steps += count + PORT_SET_WORDS / 8;
    for (size_t i = 0; i < count; i++)
        if (covers_whole(&claims[i], family, length))
            take_ports(search, &ports, claims[i].rule);
        else
            claims[within++] = claims[i];
    if (port_set_is_empty(&ports))
        return true;
    if (within == 0 || search->steps > STEPS_MOST)
        return false;
    first = part(claims, within, family, length);
    if (family == FAMILY_ANY)
        return is_covered(search, ports, claims, first, FAMILY_IPV4, 96) &&
               is_covered(search, ports, claims + first, within - first, FAMILY_IPV6, 0);
    return is_covered(search, ports, claims, first, family, length + 1) &&
           is_covered(search, ports, claims + first, within - first, family, length + 1);
}

static bool overlap(const struct address_pattern *one, const struct address_pattern *other)
{
    return one->family == FAMILY_ANY || other->family == FAMILY_ANY ||
           (one->family == other->family && pattern_same_prefix(one, other));
}

/* Of a rule that says nothing of addresses nor of names: all of them. */
static const struct address_pattern *addresses_of(const struct rule *rule, size_t *count)
{
    const bool is_every = rule->address_count == 0 && rule->host_count == 0;
    *count = is_every ? 1 : rule->address_count;
    return is_every ? &every : rule->addresses;
}

static size_t add_claims(struct search *search, size_t made, const struct rule *rule,
                         const struct address_pattern *where)
{
    size_t count;
    const struct address_pattern *patterns = addresses_of(rule, &count);
    search->steps += count;
    for (size_t i = 0; i < count; i++) {
        if (!overlap(&patterns[i], where))
            continue;
        if (made == search->capacity) {
            search->capacity = made * 2 + 64;
            search->claims =
                need_memory(reallocarray(search->claims, search->capacity, sizeof *search->claims));
        }
        search->claims[made++] = (struct claim){&patterns[i], rule};
    }
    return made;
}

/* "*.example.com" is ".example.com" as a pattern. */
static bool has_host(const struct rule *rule, const char *host)
{
    for (size_t i = 0; i < rule->host_count; i++) {
        const char *pattern = rule->hosts[i].pattern;
        const size_t length = strlen(host), end = strlen(pattern);
        if (strcmp(pattern, host) == 0 ||
            (pattern[0] == '.' && end < length && strcmp(host + length - end, pattern) == 0))
            return true;
    }
    return false;
}

/* Is one pattern of the rule covered: a prefix, or all addresses where they have that name? */
static bool pattern_is_covered(struct search *search, const struct address_pattern *where,
                               const char *host)
{
    struct port_set ports;
    size_t made = 0;
    port_set_of(&ports, search->rule);
    for (const struct rule *by = search->group->rules; by < search->rule; by++) {
        search->steps++;
        if (search->never[by - search->group->rules] || !who_has(by, &search->who))
            continue;
        if (host != NULL && has_host(by, host))
            take_ports(search, &ports, by);
        made = add_claims(search, made, by, where);
    }
    return is_covered(search, ports, search->claims, made, where->family, where->length);
}

static bool rule_is_covered(struct search *search)
{
    size_t count;
    const struct address_pattern *patterns = addresses_of(search->rule, &count);
    for (size_t i = 0; i < count; i++)
        if (!pattern_is_covered(search, &patterns[i], NULL))
            return false;
    for (size_t i = 0; i < search->rule->host_count; i++)
        if (!pattern_is_covered(search, &every, search->rule->hosts[i].pattern))
            return false;
    return true;
}

static bool never_matches(struct search *search)
{
    const struct rule *rule = search->rule;
    memset(search->covers, 0, search->group->rule_count * sizeof *search->covers);
    who_first(&search->who, rule);
    do {
        if (!rule_is_covered(search))
            return false;
    } while (who_next(&search->who, rule));
    return true;
}

/* None of its users has a number: a rule for several machines may name users of the others. */
static bool is_for_nobody(const struct rule *rule)
{
    const struct selection *users = &rule->select[SELECT_USER];
    for (size_t i = 0; i < users->count; i++)
        if (users->any[i].pattern[strspn(users->any[i].pattern, "0123456789")] == '\0')
            return false;
    if (users->count > 0)
        complain("warning: %s:%u: this rule never matches: /etc/passwd has no user \"%s\"%s",
                 rule->file, rule->line, users->any[0].text,
                 users->count > 1 ? ", nor any of its other users" : "");
    return users->count > 0;
}

static void warn(const struct search *search)
{
    char *text = NULL;
    size_t size, count = 0;
    FILE *stream = need_memory(open_memstream(&text, &size));
    for (const struct rule *by = search->group->rules; by < search->rule; by++)
        if (search->covers[by - search->group->rules] && count++ < NAMED_MOST)
            fprintf(stream, "%s%s:%u", count == 1 ? "" : ", ", by->file, by->line);
    if (count > NAMED_MOST)
        fprintf(stream, " and %zu more", count - NAMED_MOST);
    fclose(stream);
    complain("warning: %s:%u: this rule never matches: %s %s come%s first and cover%s all of it",
             search->rule->file, search->rule->line, count == 1 ? "the rule at" : "the rules at",
             text, count == 1 ? "s" : "", count == 1 ? "s" : "");
    free(text);
}

static void check_group(const struct rule_file *file, const struct rule_group *group)
{
    struct search search = {.group = group,
                            .covers = need_memory(calloc(group->rule_count + 1, sizeof(bool))),
                            .never = need_memory(calloc(group->rule_count + 1, sizeof(bool)))};
    for (size_t i = 0; i < group->rule_count && search.steps <= STEPS_MOST; i++) {
        search.rule = &group->rules[i];
        search.never[i] = is_for_nobody(search.rule);
        if (!search.never[i] && (search.never[i] = never_matches(&search)))
            warn(&search);
    }
    if (search.steps > STEPS_MOST)
        complain("warning: %s: too many rules to check whether each can match", file->path);
    free(search.claims);
    free(search.covers);
    free(search.never);
}

void check_rules(const struct rule_file *file)
{
    check_group(file, &file->client);
    check_group(file, &file->server);
}
