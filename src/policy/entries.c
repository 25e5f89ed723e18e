/* SPDX-License-Identifier: MIT */
#include "policy/build.h"

#include <stdlib.h>
#include <string.h>

static int compare(uint64_t left, uint64_t right)
{
    return (left > right) - (left < right);
}

/* Those of rules for any come first. */
static int compare_interfaces(const char *left, const char *right)
{
    if (left == NULL || right == NULL)
        return (left != NULL) - (right != NULL);
    return strcmp(left, right);
}

/* Whether two entries are of the same pattern, and if not, which comes first. */
static int compare_patterns(const struct entry *a, const struct entry *b)
{
    int order = a->host == NULL ? 0 : strcmp(a->host, b->host);
    if (order == 0)
        order = compare_interfaces(a->interface, b->interface);
    if (order == 0)
        order = compare(a->family, b->family);
    if (order == 0)
        order = compare(a->length, b->length);
    if (order == 0)
        order = compare(a->high, b->high);
    return order == 0 ? compare(a->low, b->low) : order;
}

static int compare_entries(const void *a, const void *b)
{
    const struct entry *left = a, *right = b;
    int order = compare_patterns(left, right);
    return order == 0 ? compare(left->rule, right->rule) : order;
}

static void sort(struct entry *entries, size_t count)
{
    if (count > 0)
        qsort(entries, count, sizeof *entries, compare_entries);
}

size_t same_pattern(const struct entry *entries, size_t count)
{
    size_t same = 1;
    while (same < count && compare_patterns(&entries[0], &entries[same]) == 0)
        same++;
    return same;
}

/* What is common to the entries of a rule; one for each of the interfaces that it names. */
static struct entry *add(struct builder *builder, struct entry *entries, size_t *count,
                         struct entry entry)
{
    const struct selection *interfaces = &builder->rules[entry.rule]->select[SELECT_INTERFACE];
    for (size_t i = 0; i < interfaces->count + (interfaces->count == 0); i++) {
        entry.interface = interfaces->count == 0 ? NULL : interfaces->any[i].pattern;
        entries = arena_grow(&builder->arena, entries, *count, sizeof *entries);
        entries[(*count)++] = entry;
    }
    return entries;
}

/* A rule that names no address and no host is for every address. */
struct entry *address_entries(struct builder *builder, size_t *count)
{
    static const struct address_pattern every = {.family = FAMILY_ANY};
    struct entry *entries = NULL;
    *count = 0;
    for (size_t i = 0; i < builder->rule_count; i++) {
        const struct rule *rule = builder->rules[i];
        bool is_every = rule->address_count == 0 && rule->host_count == 0;
        const struct address_pattern *pattern = is_every ? &every : rule->addresses;
        for (size_t j = 0; j < rule->address_count + is_every; j++, pattern++)
            entries = add(builder, entries, count,
                          (struct entry){
                              .high = policy_half(pattern->address),
                              .low = policy_half(pattern->address + 8),
                              .family = pattern->family,
                              .length = pattern->length,
                              .rule = (uint32_t)i,
                          });
    }
    sort(entries, *count);
    return entries;
}

struct entry *host_entries(struct builder *builder, size_t *count)
{
    struct entry *entries = NULL;
    *count = 0;
    for (size_t i = 0; i < builder->rule_count; i++)
        for (size_t j = 0; j < builder->rules[i]->host_count; j++)
            entries = add(builder, entries, count,
                          (struct entry){
                              .host = builder->rules[i]->hosts[j].pattern,
                              .rule = (uint32_t)i,
                          });
    sort(entries, *count);
    return entries;
}
