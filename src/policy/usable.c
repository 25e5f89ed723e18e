/* SPDX-License-Identifier: MIT */
/*
 * Is a block what a compiler of this version makes? Nothing that decides looks at an offset again:
 * it may be in the middle of a connect, where there is nobody to tell.
 */
#include "policy/flat.h"
#include "policy/subject.h"

#include <string.h>

static bool array_fits(const struct policy *policy, const struct policy_array *array, size_t size,
                       size_t alignment)
{
    return array->count == 0 || (array->offset % alignment == 0 && array->offset < policy->size &&
                                 array->count <= (policy->size - array->offset) / size);
}

#define FITS(policy, array, type) array_fits(policy, array, sizeof(type), _Alignof(type))

static bool string_fits(const struct policy *policy, uint32_t offset)
{
    return offset < policy->size &&
           memchr(policy_at(policy, offset), '\0', policy->size - offset) != NULL;
}

static bool optional_string_fits(const struct policy *policy, uint32_t offset)
{
    return offset == 0 || string_fits(policy, offset);
}

/* The last is the empty one. */
static bool prefixes_fit(const struct policy *policy, uint32_t offset)
{
    size_t length = 1;
    for (; offset != 0 && length > 0; offset += (uint32_t)length + 1) {
        if (!string_fits(policy, offset))
            return false;
        length = strlen(policy_at(policy, offset));
    }
    return true;
}

static bool segments_fit(const struct policy *policy, const struct policy_array *array,
                         uint32_t rule_count)
{
    const struct policy_segment *segments = policy_at(policy, array->offset);
    if (!FITS(policy, array, struct policy_segment))
        return false;
    for (uint32_t i = 0; i < array->count; i++)
        if (segments[i].rule >= rule_count)
            return false;
    return true;
}

static bool settings_fit(const struct policy_rule *rule)
{
#define SETTING(name, sides, type, field, initial, least, most, stricter, shown, ...)              \
    if (rule->field > (most))                                                                      \
        return false;
#include "policy/keys.def"
    return true;
}

static bool rule_fits(const struct policy *policy, const struct policy_rule *rule)
{
    return optional_string_fits(policy, rule->file) &&
           optional_string_fits(policy, rule->key_file) && prefixes_fit(policy, rule->prefixes) &&
           settings_fit(rule);
}

static bool set_fits(const struct policy *policy, const struct policy_prefix_set *set,
                     uint32_t rule_count)
{
    const struct policy_prefix *prefixes = policy_at(policy, set->prefixes.offset);
    if (set->length > 128 || !optional_string_fits(policy, set->interface) ||
        !FITS(policy, &set->prefixes, struct policy_prefix))
        return false;
    for (uint32_t i = 0; i < set->prefixes.count; i++)
        if (!segments_fit(policy, &prefixes[i].segments, rule_count))
            return false;
    return true;
}

static bool group_fits(const struct policy *policy, const struct policy_group *group)
{
    const struct policy_rule *rules = policy_at(policy, group->rules.offset);
    const struct policy_prefix_set *sets = policy_at(policy, group->sets.offset);
    if (!rule_fits(policy, &group->fallback) || !FITS(policy, &group->rules, struct policy_rule) ||
        !FITS(policy, &group->sets, struct policy_prefix_set))
        return false;
    for (uint32_t i = 0; i < group->rules.count; i++)
        if (!rule_fits(policy, &rules[i]))
            return false;
    for (uint32_t i = 0; i < group->sets.count; i++)
        if (!set_fits(policy, &sets[i], group->rules.count))
            return false;
    return true;
}

static bool is_empty(const struct policy *policy, uint32_t string)
{
    return *(const char *)policy_at(policy, string) == '\0';
}

static bool hosts_fit(const struct policy *policy)
{
    const struct policy_host *hosts = policy_at(policy, policy->hosts.offset);
    if (!FITS(policy, &policy->hosts, struct policy_host))
        return false;
    for (uint32_t i = 0; i < policy->hosts.count; i++)
        if (!string_fits(policy, hosts[i].pattern) || is_empty(policy, hosts[i].pattern) ||
            !optional_string_fits(policy, hosts[i].interface) ||
            !segments_fit(policy, &hosts[i].segments, policy->client.rules.count))
            return false;
    return true;
}

static bool sources_fit(const struct policy *policy)
{
    const struct policy_source *sources = policy_at(policy, policy->sources.offset);
    if (!FITS(policy, &policy->sources, struct policy_source))
        return false;
    for (uint32_t i = 0; i < policy->sources.count; i++)
        if (!string_fits(policy, sources[i].path))
            return false;
    return true;
}

static bool selectors_fit(const struct policy *policy)
{
    const struct policy_selector *selectors = policy_at(policy, policy->selectors.offset);
    if (!FITS(policy, &policy->selectors, struct policy_selector))
        return false;
    for (uint32_t i = 0; i < policy->selectors.count; i++)
        if (!string_fits(policy, selectors[i].pattern) ||
            selectors[i].selector >= SUBJECT_SELECTORS)
            return false;
    return true;
}

static bool head_fits(const struct policy *policy)
{
    return policy->magic == POLICY_MAGIC && policy->version == POLICY_VERSION &&
           policy->size >= sizeof *policy && policy->log_level <= LOG_DEBUG &&
           string_fits(policy, policy->log_to) && optional_string_fits(policy, policy->path) &&
           optional_string_fits(policy, policy->refusal) && selectors_fit(policy) &&
           sources_fit(policy);
}

bool policy_head_is_usable(const struct policy *policy, size_t size)
{
    return size >= sizeof *policy && policy->size == size && policy->sources.count > 0 &&
           !policy->unsettled && policy->path != 0 && head_fits(policy);
}

bool policy_is_usable(const struct policy *policy)
{
    return head_fits(policy) && group_fits(policy, &policy->client) &&
           group_fits(policy, &policy->server) && hosts_fit(policy);
}
