/* SPDX-License-Identifier: MIT */
#include "policy/prefixes.h"

#include <string.h>

bool prefixes_match(const char *prefixes, const void *bytes, size_t length)
{
    size_t size;
    for (; prefixes != NULL && (size = strlen(prefixes)) > 0; prefixes += size + 1)
        if (size <= length && memcmp(bytes, prefixes, size) == 0)
            return true;
    return false;
}
