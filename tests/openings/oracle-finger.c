/* SPDX-License-Identifier: MIT */
#include "oracle.h"

#include <string.h>

/* Nobody is asked to pass it on, no shell and no program sees more than a name, and it is one line.
 */
bool oracle_finger(const uint8_t *bytes, size_t size)
{
    char line[512] = {0};
    if (size < 2 || size >= sizeof line)
        return false;
    memcpy(line, bytes, size);
    if (strlen(line) != size || strcspn(line, "\r\n") != size - 2 ||
        strcmp(line + size - 2, "\r\n") != 0)
        return false;
    line[size - 2] = '\0';
    if (strpbrk(line, "@|;&<>()[]{}$`\"'\\!*?~#%=,:\t\033") || strchr(line + 1, '/'))
        return false;
    const char *name = line;
    if (line[0] == '/') {
        if (line[1] != 'W' || (line[2] != ' ' && line[2] != '\0'))
            return false;
        name = line + 2 + strspn(line + 2, " ");
    }
    return name[0] != '-' && !strchr(name, ' ');
}
