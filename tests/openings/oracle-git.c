/* SPDX-License-Identifier: MIT */
#include "oracle.h"

#include <stdlib.h>
#include <string.h>

/* One pkt-line with the command that reads and not, as a command, one of those that do not; two
 * texts, or a third behind an empty one. */
bool oracle_git(const uint8_t *bytes, size_t size)
{
    char digits[5] = {0};
    size_t texts = 0, nuls = 0;
    if (size < 22 || bytes[size - 1] != 0 || memcmp(bytes + 4, "git-upload-pack ", 16) != 0)
        return false;
    memcpy(digits, bytes, 4);
    if (strtoul(digits, NULL, 16) != size)
        return false;
    for (size_t i = 4; i < size; i++) {
        if (bytes[i] > 0 && bytes[i] < ' ')
            return false;
        nuls += bytes[i] == 0;
        texts += bytes[i] == 0 && bytes[i - 1] != 0;
    }
    if (nuls == 4 && !memmem(bytes, size, "\0\0version=", 10))
        return false;
    return memmem(bytes, size, "\0host=", 6) &&
           ((nuls == 2 && texts == 2) || (nuls == 4 && texts == 3));
}
