/* SPDX-License-Identifier: MIT */
#include "oracle.h"

#include <string.h>

/* An ApiVersions whose parts, added up, are all of the write. */
bool oracle_kafka(const uint8_t *bytes, size_t size)
{
    static const uint8_t key[] = {0, 18, 0}; /* and the upper byte of the version */
    if (size < 14 || memcmp(bytes + 4, key, sizeof key) != 0 || bytes[7] > 4)
        return false;
    if (bytes[0] != 0 || bytes[1] != 0 || (bytes[2] << 8 | bytes[3]) + 4 != (int)size)
        return false;
    int id = (int16_t)(bytes[12] << 8 | bytes[13]);
    size_t sum = 14 + (id < 0 ? 0 : (size_t)id);
    if (id < -1 || sum > size)
        return false;
    if (bytes[7] < 3)
        return sum == size;
    /* A tag buffer, two strings with their lengths, which count themselves, and a tag buffer. */
    if (sum + 4 > size || bytes[sum] != 0 || bytes[size - 1] != 0)
        return false;
    size_t name = bytes[sum + 1], version = size - 1 - (sum + 1) - name;
    return name < size - sum - 2 && bytes[sum + 1 + name] == version && version < 128 && name < 128;
}
