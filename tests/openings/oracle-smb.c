/* SPDX-License-Identifier: MIT */
#include "oracle.h"

#include <string.h>

static size_t little(const uint8_t *at, unsigned count)
{
    size_t value = 0;
    while (count-- > 0)
        value = value << 8 | at[count];
    return value;
}

static bool oracle_smb1(const uint8_t *bytes, size_t size)
{
    /* NEGOTIATE, no answer, no parameters, and as many bytes as it says. */
    return size > 39 && bytes[8] == 0x72 && bytes[13] < 0x80 && bytes[36] == 0 &&
           little(bytes + 37, 2) + 39 == size && bytes[39] == 2 && bytes[size - 1] == 0;
}

static bool oracle_smb2(const uint8_t *bytes, size_t size)
{
    if (size < 106)
        return false;
    /* NEGOTIATE, no flags, no next, no session. */
    if (little(bytes + 16, 2) != 0 || little(bytes + 20, 8) != 0 || little(bytes + 44, 8) != 0)
        return false;
    size_t end = 104 + 2 * little(bytes + 70, 2), contexts = little(bytes + 96, 4) + 4;
    /* Without contexts, no field says that there are any. */
    if (end >= size)
        return end == size && contexts == 4;
    for (size_t left = little(bytes + 100, 2); left > 0; left--) {
        if (contexts + 8 > size)
            return false;
        end = contexts + 8 + little(bytes + contexts + 2, 2);
        contexts = end + (4 - end) % 8;
    }
    return end <= size && contexts >= size;
}

/* One message of the length that TCP's header says, and not one that is one of several. */
bool oracle_smb(const uint8_t *bytes, size_t size)
{
    if (size < 8 || bytes[0] != 0 || memcmp(bytes + 5, "SMB", 3) != 0 ||
        ((size_t)bytes[1] << 16 | (size_t)bytes[2] << 8 | bytes[3]) + 4 != size)
        return false;
    return bytes[4] == 0xff ? oracle_smb1(bytes, size)
                            : bytes[4] == 0xfe && oracle_smb2(bytes, size);
}
