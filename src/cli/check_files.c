/* SPDX-License-Identifier: MIT */
/* The files that a policy names: those of keys, and the log. */
#include "cli/check_policy.h"
#include "cli/util.h"
#include "kernel/address.h"
#include "kernel/cookie_keys.h"
#include "policy/log_file.h"
#include "policy/wildcard.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* ---- keys ---- */

/* A client keeps one cookie for an address, whatever the ports. If two of its listeners have
 * different keys each refuses the cookie of the other. */
static const char *key_file_of(const struct rule_group *group, const struct rule *rule)
{
    return rule->key_file != NULL ? rule->key_file : group->key_file;
}

/* A listener on 0.0.0.0, or on ::, has every address. */
static bool is_wildcard(const struct address_pattern *pattern)
{
    return pattern->length == 128 && address_is_any(pattern->address);
}

/* :: takes IPv4 as well. */
static bool may_meet(const struct address_pattern *one, const struct address_pattern *other)
{
    if (one->family == FAMILY_ANY || other->family == FAMILY_ANY)
        return true;
    if (is_wildcard(one) || is_wildcard(other))
        return one->family == other->family ||
               (is_wildcard(one) ? one : other)->family == FAMILY_IPV6;
    return one->family == other->family && pattern_same_prefix(one, other);
}

/* Is there a name that both match? If both have a "*", there is assumed to be one. */
static bool may_both_match(const char *one, const char *other)
{
    if (strchr(one, '*') != NULL)
        return strchr(other, '*') != NULL || wildcard_matches(one, other, strlen(other));
    return wildcard_matches(other, one, strlen(one));
}

/* An address belongs to one interface. */
static bool interfaces_may_meet(const struct selection *one, const struct selection *other)
{
    for (size_t i = 0; i < one->count; i++)
        for (size_t j = 0; j < other->count; j++)
            if (may_both_match(one->any[i].pattern, other->any[j].pattern))
                return true;
    return one->count == 0 || other->count == 0;
}

static bool rules_may_meet(const struct rule *one, const struct rule *other)
{
    if (!interfaces_may_meet(&one->select[SELECT_INTERFACE], &other->select[SELECT_INTERFACE]))
        return false;
    if (one->address_count == 0 || other->address_count == 0)
        return true;
    for (size_t i = 0; i < one->address_count; i++)
        for (size_t j = 0; j < other->address_count; j++)
            if (may_meet(&one->addresses[i], &other->addresses[j]))
                return true;
    return false;
}

static bool same(const char *one, const char *other)
{
    return one == other || (one != NULL && other != NULL && strcmp(one, other) == 0);
}

#define SHARED "listeners of one address, for which clients keep one cookie"

/* For each rule, the first one that it conflicts with. */
static void compare(const struct rule_group *group, const struct rule *rule)
{
    const char *own = key_file_of(group, rule);
    if (!rule->fastopen)
        return;
    for (const struct rule *before = group->rules; before < rule; before++)
        if (before->fastopen && !same(own, key_file_of(group, before)) &&
            rules_may_meet(before, rule)) {
            complain("warning: %s:%u: its key_file differs from that of the rule at %s:%u, and "
                     "both may apply to " SHARED,
                     rule->file, rule->line, before->file, before->line);
            return;
        }
    if (group->fastopen && !same(own, group->key_file))
        complain("warning: %s:%u: its key_file differs from that of the group, whose default is "
                 "on, and both may apply to " SHARED,
                 rule->file, rule->line);
}

/* The user who checks need not be the one who runs the server. */
static void try(const char *file, uint32_t line, const char *key_file)
{
    struct cookie_keys keys;
    const char *problem = cookie_keys_load(key_file, &keys);
    explicit_bzero(&keys, sizeof keys);
    if (problem != NULL && line != 0)
        complain("warning: %s:%u: key_file %s: %s", file, line, key_file, problem);
    else if (problem != NULL)
        complain("warning: %s: key_file %s: %s", file, key_file, problem);
}

static bool any_has_one(const struct rule_group *group)
{
    for (size_t i = 0; i < group->rule_count; i++)
        if (group->rules[i].key_file != NULL)
            return true;
    return false;
}

void check_keys(const struct rule_file *file)
{
    const struct rule_group *group = &file->server;
    if (group->key_file != NULL)
        try(file->path, 0, group->key_file);
    if (!any_has_one(group))
        return;
    for (size_t i = 0; i < group->rule_count; i++) {
        const struct rule *rule = &group->rules[i];
        if (rule->key_file != NULL)
            try(rule->file, rule->line, rule->key_file);
        compare(group, rule);
    }
}

/* ---- the log ---- */

static const char *unless_accessible(const char *path, int mode)
{
    return faccessat(AT_FDCWD, path, mode, AT_EACCESS) == 0 ? NULL : strerror(errno);
}

/* It is made with the first line, where its directory lets it be. */
static const char *before_the_first_line(const char *to)
{
    char directory[PATH_MAX];
    snprintf(directory, sizeof directory, "%.*s", (int)(strrchr(to, '/') - to), to);
    return unless_accessible(directory[0] == '\0' ? "/" : directory, W_OK | X_OK);
}

const char *log_trouble(const char *to)
{
    const char *refusal;
    struct stat status;
    if (to[0] != '/')
        return NULL;
    if (lstat(to, &status) != 0)
        return errno == ENOENT ? before_the_first_line(to) : strerror(errno);
    refusal = log_file_refusal(status.st_mode, status.st_nlink, status.st_uid, geteuid());
    return refusal != NULL ? refusal : unless_accessible(to, W_OK);
}
