/* SPDX-License-Identifier: MIT */
/* Texts in UTF-8 (RFC 3629). */
#ifndef TFOSHIM_POLICY_UTF8_H
#define TFOSHIM_POLICY_UTF8_H

#include "contract.h"

#include <stdbool.h>
#include <stdint.h>

/* Takes one character in its shortest form; false for anything else, and then `text` is where it
 * was. */
static inline bool NONNULL MUST_USE utf8_take(const char **text, uint32_t *point)
{
    static const uint32_t least[] = {0, 0x80, 0x800, 0x10000};
    const unsigned char *byte = (const unsigned char *)*text;
    unsigned more = byte[0] < 0x80 ? 0 : byte[0] < 0xe0 ? 1 : byte[0] < 0xf0 ? 2 : 3;
    if (more > 0 && (byte[0] < 0xc0 || byte[0] >= 0xf8))
        return false;
    *point = more > 0 ? byte[0] & (0x3fu >> more) : byte[0];
    for (unsigned i = 1; i <= more; i++) {
        if ((byte[i] & 0xc0) != 0x80)
            return false;
        *point = *point << 6 | (byte[i] & 0x3f);
    }
    if (*point < least[more] || *point > 0x10ffff || (*point >= 0xd800 && *point <= 0xdfff))
        return false;
    *text += more + 1;
    return true;
}

#endif
