/* SPDX-License-Identifier: MIT */
#include "oracle.h"

#include <string.h>

/* A request to connect, of the length that two fields say; behind the line, if there is one, just
 * what the flags say. */
bool oracle_rdp(const uint8_t *bytes, size_t size)
{
    size_t at = 11;
    if (size < at || memcmp(bytes, "\3", 2) != 0 || bytes[2] * 256u + bytes[3] != size ||
        bytes[4] + 5u != size || bytes[5] != 0xe0)
        return false;
    if (size > at && bytes[at] == 'C') {
        const uint8_t *end = memchr(bytes + at, '\n', size - at);
        if (!end || end[-1] != '\r' || memchr(bytes + at, 0, (size_t)(end - bytes) - at))
            return false;
        at = (size_t)(end - bytes) + 1;
    }
    switch (size - at) {
    case 0:
        return true;
    case 8:
        return bytes[at] == 1 && (bytes[at + 1] & 8) == 0 && bytes[at + 2] == 8;
    case 44:
        return bytes[at] == 1 && (bytes[at + 1] & 8) == 8 && bytes[at + 2] == 8 &&
               bytes[at + 8] == 6 && bytes[at + 10] == 36;
    default:
        return false;
    }
}
