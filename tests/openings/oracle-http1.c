/* SPDX-License-Identifier: MIT */
#include "oracle.h"

#include <string.h>

static bool is_crlf(const uint8_t *bytes, size_t at, size_t size)
{
    return bytes[at] == '\r' && (at + 1 == size || bytes[at + 1] == '\n');
}

/* A GET, a HEAD or an OPTIONS, and nothing in it ends a line for one server and not for another, or
 * continues one; nothing comes after the empty line. */
bool oracle_http1(const uint8_t *bytes, size_t size)
{
    if (size < 9 || (memcmp(bytes, "GET ", 4) != 0 && memcmp(bytes, "HEAD ", 5) != 0 &&
                     memcmp(bytes, "OPTIONS ", 8) != 0))
        return false;
    for (size_t i = 0; i < size; i++) {
        if (bytes[i] == 0 || (bytes[i] == '\r' && !is_crlf(bytes, i, size)))
            return false;
        if (i > 0 && bytes[i - 1] == '\n' && (bytes[i] == ' ' || bytes[i] == '\t'))
            return false;
        if (i > 1 && bytes[i - 2] == '\n' && bytes[i - 1] == '\n')
            return false;
        if (i > 2 && memcmp(bytes + i - 3, "\n\r\n", 3) == 0)
            return false;
    }
    return true;
}
