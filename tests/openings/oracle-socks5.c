/* SPDX-License-Identifier: MIT */
#include "oracle.h"

/* As many methods as it says, none of them twice, none of them a letter: what follows a selection
 * (05 01 00 01 and an address) or another protocol has them. */
bool oracle_socks5(const uint8_t *bytes, size_t size)
{
    if (size < 3 || bytes[0] != 5 || (size_t)bytes[1] + 2 != size)
        return false;
    for (size_t i = 2; i < size; i++) {
        if (bytes[i] > 9)
            return false;
        for (size_t j = 2; j < i; j++)
            if (bytes[i] == bytes[j])
                return false;
    }
    return true;
}
