/* SPDX-License-Identifier: MIT */
#include "cli/who.h"
#include "policy/wildcard.h"

#include <string.h>

static void choose(struct who *who, const struct rule *rule)
{
    for (enum selector selector = 0; selector < SELECTORS; selector++) {
        const struct selection *selection = &rule->select[selector];
        who->is[selector] = selection->count == 0 ? NULL : &selection->any[who->at[selector]];
    }
}

void who_first(struct who *who, const struct rule *rule)
{
    memset(who->at, 0, sizeof who->at);
    choose(who, rule);
}

bool who_next(struct who *who, const struct rule *rule)
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

bool who_has(const struct rule *rule, const struct who *who)
{
    for (enum selector selector = 0; selector < SELECTORS; selector++)
        if (!is_among(&rule->select[selector], who->is[selector]))
            return false;
    return true;
}
