/* SPDX-License-Identifier: MIT */
#include "policy/openings/opening.h"

enum { LONGEST_QUERY = 256 };

/* Servers hand the name to a program: '|', quotes and whatever else a shell may see are refused,
 * and so is '@', which passes the query on to another host (RFC 1288, 2.3, {Q2}). */
static bool is_user_character(uint8_t byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
           (byte >= '0' && byte <= '9') || byte == '.' || byte == '_' || byte == '-' || byte == '+';
}

/*
 * A query for a user, or for all who are there (RFC 1288, 2.3, {Q1}): "/W" and spaces, or neither,
 * and one name or none. The server answers and closes. A line looks like much else, so the caller
 * knows the port to be 79. Refused: names with a blank in them, or that begin as an option of a
 * program does, other switches than "/W", and a second line.
 */
bool opening_is_finger(const struct bytes *b)
{
    static const char verbose[] = "/W";
    size_t i = 0;
    if (b->length > LONGEST_QUERY)
        return false;
    if (bytes_say(b, 0, verbose)) {
        i = strlen(verbose);
        while (i < b->length && b->at[i] == ' ')
            i++;
        /* A name has a blank before it. */
        if (i == strlen(verbose))
            return b->length == i + 2 && bytes_say(b, i, "\r\n");
    }
    if (i < b->length && b->at[i] == '-')
        return false;
    while (i < b->length && is_user_character(b->at[i]))
        i++;
    return b->length == i + 2 && bytes_say(b, i, "\r\n");
}
