/* SPDX-License-Identifier: MIT */
#include "policy/scan.h"

#include <limits.h>
#include <string.h>

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* What may stand in a name; digits too, but those do not begin one. */
static bool is_word(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c) || c == '_' ||
           c == '*' || c == '-' || c == '.';
}

/* libconfig 1.5 cuts a number to 32 bits without a word: port 4294967376 would be port 80. Reports
 * a decimal integer that is too large; hexadecimal ones are refused where values are read. */
static void check_number(struct reader *reader, const char *word, const char *end,
                         const struct origin *here)
{
    const char *digits = *word == '-' ? word + 1 : word, *at = digits;
    long long number = 0;

    for (; at < end && is_digit(*at); at++)
        if (number <= INT_MAX)
            number = number * 10 + (*at - '0');
    if (at == digits || number <= INT_MAX || (at < end && *at != 'L'))
        return;
    reader_error(reader, here, "found the number %.*s, expected one below 2147483648",
                 end - word > 80 ? 80 : (int)(end - word), word);
}

/* Handles a word or a single character outside of strings and comments; returns where it ends. */
static const char *scan_code(struct reader *reader, struct scan *scan, const char *at,
                             const char *end, const struct origin *here)
{
    const char *word = at;

    while (at < end && is_word(*at))
        at++;
    if (at > word) {
        check_number(reader, word, at, here);
        return at;
    }
    if (*at == '#' || (*at == '/' && at + 1 < end && at[1] == '/'))
        return end;
    if (*at == '"')
        scan->state = SCAN_STRING;
    else if (*at == '/' && at + 1 < end && at[1] == '*')
        scan->state = SCAN_COMMENT;
    if (scan->state != SCAN_CODE)
        scan->opened = *here;
    return at + (scan->state == SCAN_COMMENT ? 2 : 1);
}

void scan_line(struct reader *reader, struct scan *scan, const char *line, const char *end,
               const struct origin *here)
{
    for (const char *at = line; at < end;) {
        if (scan->state == SCAN_CODE) {
            at = scan_code(reader, scan, at, end, here);
        } else if (scan->state == SCAN_STRING) {
            if (*at == '"')
                scan->state = SCAN_CODE;
            at += *at == '\\' && at + 1 < end ? 2 : 1;
        } else if (*at == '*' && at + 1 < end && at[1] == '/') {
            scan->state = SCAN_CODE;
            at += 2;
        } else {
            at++;
        }
    }
}

bool scan_end(struct reader *reader, const struct scan *scan)
{
    if (scan->state == SCAN_STRING)
        reader_error(reader, &scan->opened,
                     "found a string that begins here and never ends, expected a closing quote");
    else if (scan->state == SCAN_COMMENT)
        reader_error(reader, &scan->opened,
                     "found a comment that begins here and never ends, expected \"*/\"");
    return scan->state == SCAN_CODE;
}
