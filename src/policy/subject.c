/* SPDX-License-Identifier: MIT */
#include "policy/subject.h"
#include "path/path.h"
#include "policy/wildcard.h"

#include <stdint.h>
#include <string.h>

static bool matches(const char *pattern, const char *text)
{
    return text != NULL && text[0] != '\0' && wildcard_matches(pattern, text, strlen(text));
}

/* By its file's name where the pattern has a slash. */
static bool is_program(const struct policy_subject *subject, const char *pattern)
{
    const char *executable = subject->executable;
    if (strchr(pattern, '/') != NULL)
        return matches(pattern, executable);
    return matches(pattern, subject->program) ||
           (executable != NULL && matches(pattern, path_base(executable)));
}

/* A name that was no user's when the rule was read is nobody's. */
static bool is_user(uid_t user, const char *pattern)
{
    uint64_t number = 0;
    for (const char *at = pattern; *at != '\0'; at++) {
        if (*at < '0' || *at > '9' || number > UINT32_MAX)
            return false;
        number = number * 10 + (uint64_t)(*at - '0');
    }
    return number == user;
}

/* Each part of a control group's name is a unit's, from the outermost slice to the innermost unit.
 * systemd puts "_" before one that the kernel could take for a file of its own ("cpu.service"). */
static bool is_in_group(const char *pattern, const char *path, const char *end)
{
    while (path < end) {
        const char *part = path + (*path == '/'), *slash = memchr(part, '/', (size_t)(end - part));
        path = slash == NULL ? end : slash;
        part += part < path && *part == '_';
        if (part < path && wildcard_matches(pattern, part, (size_t)(path - part)))
            return true;
    }
    return false;
}

/* Lines "0::/system.slice/nginx.service", or "1:name=systemd:/..." in the first version. Other
 * hierarchies need not be systemd's. */
static bool is_unit(const char *cgroups, const char *pattern)
{
    for (const char *line = cgroups; line != NULL && *line != '\0';) {
        const char *next = strchr(line, '\n'), *end = next == NULL ? line + strlen(line) : next;
        const char *controllers = memchr(line, ':', (size_t)(end - line));
        if (controllers != NULL && (strncmp(controllers, "::", 2) == 0 ||
                                    strncmp(controllers, ":name=systemd:", 14) == 0)) {
            const char *path = strchr(controllers + 1, ':') + 1;
            if (is_in_group(pattern, path, end))
                return true;
        }
        line = next == NULL ? NULL : next + 1;
    }
    return false;
}

bool subject_matches(const struct policy_subject *subject, enum selector selector,
                     const char *pattern)
{
    if (subject == NULL)
        return false;
    switch (selector) {
    case SELECT_PROGRAM:
        return is_program(subject, pattern);
    case SELECT_USER:
        return is_user(subject->user, pattern);
    case SELECT_UNIT:
        return subject->cgroups != NULL && is_unit(subject->cgroups(), pattern);
    case SELECT_INTERFACE:
    case SELECTORS:
        break;
    }
    return false;
}
