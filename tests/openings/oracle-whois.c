/* SPDX-License-Identifier: MIT */
#include "oracle.h"

#include <string.h>

/* Nothing ends a line, in any form, before the two last bytes; and no registry updates. */
bool oracle_whois(const uint8_t *bytes, size_t size)
{
    static const char *const hidden_newlines[] = {"\xc0\x8a", "\xe0\x80\x8a", "\xc2\x85"};
    char line[513] = {0};
    if (size < 3 || size > 512 || bytes[0] == '!')
        return false;
    memcpy(line, bytes, size);
    if (strlen(line) != size || strcspn(line, "\r\n") != size - 2 ||
        strcmp(line + size - 2, "\r\n") != 0 || strpbrk(line, "\a\b\t\v\f\033\177"))
        return false;
    for (size_t i = 0; i < sizeof hidden_newlines / sizeof hidden_newlines[0]; i++)
        if (strstr(line, hidden_newlines[i]))
            return false;
    return strncmp(line, "-register", 9) != 0 && strncmp(line, "-notify", 7) != 0;
}
