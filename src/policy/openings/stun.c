/* SPDX-License-Identifier: MIT */
#include "policy/openings/opening.h"

/*
 * One STUN Binding request (RFC 8489, 2 and 5), with SOFTWARE and FINGERPRINT or without. The
 * server says what address it sees. Every other attribute is refused: they sign the request
 * (MESSAGE-INTEGRITY), are ICE's, which makes a pair of addresses known to work (RFC 8445, 7.3), or
 * have the answer sent elsewhere (RFC 5780, CHANGE-REQUEST and RESPONSE-PORT). So are TURN's
 * methods, and STUN without the magic cookie (RFC 3489).
 */

enum { HEADER = 20, ATTRIBUTE_HEADER = 4, SOFTWARE = 0x8022, FINGERPRINT = 0x8028 };
enum { LONGEST_SOFTWARE = 763 }; /* 14.14 */

static bool is_attribute(const struct bytes *b, size_t at, unsigned type)
{
    return b->length - at >= ATTRIBUTE_HEADER && bytes_be16(b->at + at) == type;
}

/* Moves behind a SOFTWARE, a text and zeros up to a multiple of four. */
static bool skip_software(const struct bytes *b, size_t *at)
{
    const size_t length = bytes_be16(b->at + *at + 2), padded = (length + 3) & ~(size_t)3;
    const size_t value = *at + ATTRIBUTE_HEADER;
    if (length > LONGEST_SOFTWARE || padded > b->length - value)
        return false;
    for (size_t i = 0; i < length; i++)
        if (b->at[value + i] < 0x20 || b->at[value + i] == 0x7f)
            return false;
    *at = value + padded;
    return bytes_have(b, value + length, "\0\0\0", padded - length);
}

bool opening_is_stun(const struct bytes *b)
{
    static const uint8_t binding[] = {0x00, 0x01}, cookie[] = {0x21, 0x12, 0xa4, 0x42};
    size_t at = HEADER;
    if (b->length < HEADER || !bytes_have(b, 0, binding, sizeof binding) ||
        bytes_be16(b->at + 2) != b->length - HEADER || b->length % 4 != 0 ||
        !bytes_have(b, 4, cookie, sizeof cookie))
        return false;
    if (is_attribute(b, at, SOFTWARE) && !skip_software(b, &at))
        return false;
    /* The last one, if it is there, of four bytes (14.7). */
    if (is_attribute(b, at, FINGERPRINT) && bytes_be16(b->at + at + 2) == 4)
        at += ATTRIBUTE_HEADER + 4;
    return at == b->length;
}
