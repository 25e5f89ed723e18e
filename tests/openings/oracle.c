/* SPDX-License-Identifier: MIT */
#include "oracle.h"

#include <string.h>

/* How long a PROXY protocol header at the beginning says it is. A line with nothing behind it is no
 * header before an opening, so it is left, for the oracle to judge. */
static size_t proxy_header(const uint8_t *bytes, size_t size)
{
    size_t length = 0;
    if (size > 16 && memcmp(bytes, "\r\n\r\n\0\r\nQUIT\n", 12) == 0)
        length = 16 + bytes[14] * 256u + bytes[15];
    if (size > 6 && memcmp(bytes, "PROXY ", 6) == 0) {
        const uint8_t *end = memchr(bytes, '\n', size);
        length = end ? (size_t)(end - bytes) + 1 : 0;
    }
    return length < size ? length : 0;
}

/* Of one header, and no more: a second one is for the oracle, which knows none. */
bool oracle_allows(enum opening opening, const uint8_t *bytes, size_t size)
{
    static oracle_fn *const oracles[OPENINGS] = {
#define OPENING(name, port, what, why) [OPENING_##name] = oracle_##name,
#include "policy/openings/openings.def"
#undef OPENING
    };
    const size_t header = proxy_header(bytes, size);
    return oracles[opening](bytes + header, size - header);
}
