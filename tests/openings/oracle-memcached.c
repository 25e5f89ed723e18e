/* SPDX-License-Identifier: MIT */
#include "oracle.h"

#include <string.h>

/* Packets with no extras and no value, and of them only those that get, do nothing, or ask for the
 * version. */
static bool binary(const uint8_t *bytes, size_t size)
{
    const unsigned allowed = 1 << 0x00 | 1 << 0x09 | 1 << 0x0a | 1 << 0x0b | 1 << 0x0c | 1 << 0x0d;
    size_t at = 0;
    while (size - at >= 24) {
        const uint8_t *packet = bytes + at;
        size_t body = (size_t)packet[10] << 8 | packet[11];
        if (packet[0] != 0x80 || packet[1] > 31 || (allowed >> packet[1] & 1) == 0)
            return false;
        if (packet[4] != 0 || packet[8] != 0 || packet[9] != 0 ||
            memcmp(packet + 2, packet + 10, 2) != 0 || body > size - at - 24)
            return false;
        at += 24 + body;
    }
    return at == size;
}

/* Does the line, whose end was seen, begin with a word that reads, and is there no more of a line
 * that takes no key? */
static bool is_reading(const char *line, size_t length)
{
    size_t word = strspn(line, "abcdefghijklmnopqrstuvwxyz");
    bool get = word < 5 && strncmp(line, "gets", word) == 0 && word > 2 && line[word] == ' ';
    bool bare = word == length && (word == 2 || word == 5 || word == 7) &&
                strncmp(line,
                        word == 2   ? "mn"
                        : word == 5 ? "stats"
                                    : "version",
                        word) == 0;
    return get || bare;
}

bool oracle_memcached(const uint8_t *bytes, size_t size)
{
    size_t line = 0;
    if (size == 0 || bytes[0] == 0x80)
        return size != 0 && binary(bytes, size);
    for (size_t i = 0; i < size; i++) {
        bool last = bytes[i] == '\r' && i + 1 < size && bytes[i + 1] == '\n';
        if ((bytes[i] < ' ' && !last) || bytes[i] == 0x7f)
            return false;
        if (!last)
            continue;
        if (!is_reading((const char *)bytes + line, i - line))
            return false;
        line = ++i + 1;
    }
    return line == size;
}
