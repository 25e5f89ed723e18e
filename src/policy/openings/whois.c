/* SPDX-License-Identifier: MIT */
#include "policy/openings/opening.h"

#include <strings.h>

/* What servers take in one line; most take more, and no query needs it. */
enum { LONGEST_QUERY = 512 };

/* The length of the character at `at`, 0 where it is a control character or not UTF-8 in its
 * shortest form (RFC 3629, 4), in which a newline could hide. */
static size_t printable_character(const struct bytes *b, size_t at)
{
    const uint8_t lead = b->at[at];
    const size_t length = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
    if (length == 1)
        return lead >= 0x20 && lead != 0x7f ? 1 : 0;
    if (lead < 0xc2 || lead > 0xf4 || b->length - at < length)
        return 0;
    for (size_t i = 1; i < length; i++)
        if ((b->at[at + i] & 0xc0) != 0x80)
            return 0;
    /* From c2 80 to c2 9f there are control characters. */
    const uint8_t least = lead == 0xc2 || lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
    return b->at[at + 1] >= least ? length : 0;
}

/* Servers of routing registries (IRRd) take "!" for a command, and one of them begins an update;
 * two directives of RWhois (RFC 2167) have it change, or note, something. */
static bool may_be_update(const struct bytes *b)
{
    static const char directives[][10] = {"-register", "-notify"};
    for (size_t i = 0; i < sizeof directives / sizeof directives[0]; i++) {
        const size_t length = strlen(directives[i]);
        if (b->length >= length && strncasecmp((const char *)b->at, directives[i], length) == 0)
            return true;
    }
    return b->at[0] == '!';
}

/*
 * One line that asks (RFC 3912, 2), whatever the server makes of it: it answers and closes. A line
 * looks like much else, so the caller knows the port to be 43. Refused: a second line, and a line
 * without its end or with a newline alone, which may be half of something else.
 */
bool opening_is_whois(const struct bytes *b)
{
    size_t i = 0, length = 1;
    if (b->length < 3 || b->length > LONGEST_QUERY || may_be_update(b))
        return false;
    for (; length > 0 && i < b->length - 2; i += length)
        length = printable_character(b, i);
    return length > 0 && i == b->length - 2 && bytes_say(b, i, "\r\n");
}
