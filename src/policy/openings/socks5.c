/* SPDX-License-Identifier: MIT */
#include "policy/openings/opening.h"

/* One that IANA has assigned (SOCKS Methods): 0 (none) to 9, without 4. */
static bool is_assigned_method(uint8_t method)
{
    return method <= 9 && method != 4;
}

/*
 * The methods of authentication that a SOCKS5 client has (RFC 1928, 3). The server chooses one, and
 * waits for the client to go on. A method said twice, a private one, and one that means none
 * (0xff) are refused: no usual client sends them, and these bytes are few enough to be something
 * else's. What follows, a password or a request to connect, is refused.
 */
bool opening_is_socks5(const struct bytes *b)
{
    unsigned seen = 0;
    if (b->length < 3 || b->at[0] != 5 || b->length != b->at[1] + 2u)
        return false;
    for (size_t i = 2; i < b->length; i++) {
        if (!is_assigned_method(b->at[i]) || (seen & (1u << b->at[i])) != 0)
            return false;
        seen |= 1u << b->at[i];
    }
    return true;
}
