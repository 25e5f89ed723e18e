/* SPDX-License-Identifier: MIT */
#include "oracle.h"

/* A question and no answer to any, whose type, the last word but one before what may follow, is no
 * TKEY. */
bool oracle_dns(const uint8_t *bytes, size_t size)
{
    size_t end = 14;
    if (size < 19 || bytes[7] != 1 || (bytes[4] & 0xf8) != 0 ||
        ((size_t)bytes[0] << 8 | bytes[1]) != size - 2)
        return false;
    while (end < size && bytes[end] != 0)
        end += bytes[end] + 1u;
    return end + 4 < size && (bytes[end + 1] << 8 | bytes[end + 2]) != 249;
}
