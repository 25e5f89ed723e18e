/* SPDX-License-Identifier: MIT */
#include "policy/openings/opening.h"

/* The length of the method and the space after it, 0 for any method but the safe ones (RFC 9110,
 * 9.2.1) that are in use. */
static size_t safe_method(const struct bytes *b)
{
    static const char methods[][9] = {"GET ", "HEAD ", "OPTIONS "};
    for (size_t i = 0; i < sizeof methods / sizeof methods[0]; i++) {
        size_t length = strlen(methods[i]);
        if (b->length > length && memcmp(b->at, methods[i], length) == 0)
            return length;
    }
    return 0;
}

/* Where the request line's newline is, 0 if this is no HTTP/1.x request line that can be seen
 * whole. */
static size_t request_line_end(const struct bytes *b, size_t target)
{
    static const char version[] = " HTTP/1.";
    size_t i = target;
    while (i < b->length && b->at[i] > 0x20 && b->at[i] != 0x7f)
        i++;
    if (i == target || b->length - i < sizeof version + 1 ||
        memcmp(b->at + i, version, sizeof version - 1) != 0)
        return 0;
    i += sizeof version - 1;
    if (b->at[i] < '0' || b->at[i] > '9')
        return 0;
    i++;
    if (b->at[i] == '\r')
        i++;
    return i < b->length && b->at[i] == '\n' ? i : 0;
}

/* A byte that no line of a header has: a control character that is not a tab. Of some servers a NUL
 * ends the line, of others it is a part of it. */
static bool is_foreign_to_header(uint8_t byte)
{
    return (byte < 0x20 && byte != '\t') || byte == 0x7f;
}

/* The end of a line at `*i`: moves to its newline. A carriage return without one ends a line for
 * some servers alone; the very last byte may have its newline still to come. */
static bool is_line_end(const struct bytes *b, size_t *i)
{
    if (b->at[*i] == '\r') {
        if (*i + 1 == b->length)
            return true;
        ++*i;
    }
    return b->at[*i] == '\n';
}

/* One line of the header from `*i` on: moves behind it. False where servers may differ on where it
 * ends, or on whether it belongs to the line before (obs-fold, RFC 9112, 5.2). */
static bool skip_header_line(const struct bytes *b, size_t *i)
{
    if (b->at[*i] == ' ' || b->at[*i] == '\t')
        return false;
    while (*i < b->length && !is_foreign_to_header(b->at[*i]))
        ++*i;
    if (*i < b->length && !is_line_end(b, i))
        return false;
    ++*i;
    return true;
}

/*
 * One request, and nothing after its header: a body or a pipelined second request might do harm. A
 * header may end in a later write, of which nothing goes into the SYN. A bare newline ends a line,
 * as it does for lenient servers.
 */
bool opening_is_http1(const struct bytes *b)
{
    size_t target = safe_method(b), i = target == 0 ? 0 : request_line_end(b, target);
    if (i == 0)
        return false;
    i++;
    while (i < b->length) {
        size_t line = i;
        if (!skip_header_line(b, &i))
            return false;
        if (b->at[line] == '\r' || b->at[line] == '\n') /* the empty one */
            return i >= b->length;
    }
    return true;
}
