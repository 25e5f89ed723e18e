/* SPDX-License-Identifier: MIT */
#include "oracle.h"

#include <string.h>

/* Is this the name of an option that a STARTUP has? */
static bool is_option(const uint8_t *name, size_t length)
{
    static const char options[] =
        " CQL_VERSION COMPRESSION NO_COMPACT THROW_ON_OVERLOAD DRIVER_NAME DRIVER_VERSION"
        " APPLICATION_NAME APPLICATION_VERSION CLIENT_ID ";
    char word[32] = " ";
    if (length == 0 || length > 28 || memchr(name, ' ', length))
        return false;
    memcpy(word + 1, name, length);
    word[length + 1] = ' ';
    return strstr(options, word) != NULL;
}

/* No response, no tracing, no opcode but OPTIONS and STARTUP, and in that one strings that end
 * where the write does, every other a known name. */
bool oracle_cassandra(const uint8_t *bytes, size_t size)
{
    if (size < 9 || size > 0xffff || (bytes[0] & 0x80) != 0 || (bytes[1] & 0x0f) != 0 ||
        bytes[5] != 0 || bytes[6] != 0 || (bytes[7] << 8 | bytes[8]) + 9 != (int)size)
        return false;
    if (bytes[1] != 0 && (bytes[0] != 5 || bytes[1] != 16))
        return false;
    if (bytes[0] < 3 || bytes[0] > 5 || bytes[2] >= 0x80 || (bytes[4] != 5 && bytes[4] != 1))
        return false;
    if (bytes[4] == 5)
        return size == 9;
    unsigned strings = 0;
    size_t at = 11;
    for (; at + 2 <= size; strings++) {
        size_t length = (size_t)bytes[at] << 8 | bytes[at + 1];
        if (length > size - at - 2 || (strings % 2 == 0 && !is_option(bytes + at + 2, length)))
            return false;
        at += 2 + length;
    }
    return at == size && strings == 2u * (unsigned)(bytes[9] << 8 | bytes[10]);
}
