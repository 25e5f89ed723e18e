/* SPDX-License-Identifier: MIT */
#include "oracle.h"

#include <string.h>

/* A handshake record that begins with a ClientHello, and no other record but a ChangeCipherSpec. */
bool oracle_tls(const uint8_t *bytes, size_t size)
{
    size_t at = 0;
    for (unsigned record = 0; at < size; record++) {
        if (record > 1 || bytes[at] != (record == 0 ? 22 : 20))
            return false;
        if (record == 0 && (size < 6 || bytes[5] != 1))
            return false;
        /* Only the first may go on in a later write. */
        at += 5 + ((size_t)bytes[at + 3] << 8 | bytes[at + 4]);
        if (record == 1 && at != size)
            return false;
    }
    return true;
}
