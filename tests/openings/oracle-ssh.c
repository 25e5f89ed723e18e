/* SPDX-License-Identifier: MIT */
#include "oracle.h"

#include <string.h>

/* One line of version 2, which the last byte ends, and nothing but text in it. */
bool oracle_ssh(const uint8_t *bytes, size_t size)
{
    if (size < 10 || size > 255 || memchr(bytes, '\n', size) != bytes + size - 1)
        return false;
    const uint8_t *end = memchr(bytes, '\r', size);
    if (end && end != bytes + size - 2)
        return false;
    for (size_t i = 0; i < size - 1; i++)
        if ((bytes[i] < ' ' && bytes + i != end) || bytes[i] >= 0x7f)
            return false;
    return memcmp(bytes, "SSH-", 4) == 0 &&
           (memcmp(bytes + 4, "2.0-", 4) == 0 || memcmp(bytes + 4, "1.99-", 5) == 0);
}
