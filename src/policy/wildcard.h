/* SPDX-License-Identifier: MIT */
#ifndef TFOSHIM_POLICY_WILDCARD_H
#define TFOSHIM_POLICY_WILDCARD_H

#include <stdbool.h>
#include <stddef.h>

/* Does the text match, in which a "*" of the pattern stands for any characters, or none? Of a text
 * that is itself a pattern: does the pattern match all that it matches? (Only a "*" takes a "*".)
 */
static inline bool wildcard_matches(const char *pattern, const char *text, size_t length)
{
    const char *end = text + length, *after_star = NULL, *taken = text;
    while (text < end) {
        if (*pattern == '*') {
            after_star = ++pattern;
            taken = text;
        } else if (*pattern == *text) {
            pattern++;
            text++;
        } else if (after_star != NULL) {
            pattern = after_star;
            text = ++taken;
        } else {
            return false;
        }
    }
    while (*pattern == '*')
        pattern++;
    return *pattern == '\0';
}

#endif
