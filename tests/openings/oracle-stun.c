/* SPDX-License-Identifier: MIT */
#include "oracle.h"

#include <string.h>

/* A Binding request of the length it says, whose attributes, whatever their order, are SOFTWARE and
 * FINGERPRINT, each at most once, and FINGERPRINT the last. */
bool oracle_stun(const uint8_t *bytes, size_t size)
{
    bool software = false, fingerprint = false;
    if (size < 20 || memcmp(bytes, "\0\1", 2) != 0 || memcmp(bytes + 4, "\x21\x12\xa4\x42", 4) != 0)
        return false;
    if (bytes[2] * 256u + bytes[3] + 20 != size)
        return false;
    size_t at = 20;
    while (at + 4 <= size) {
        bool *seen = bytes[at + 1] == 0x22 ? &software : &fingerprint;
        if (bytes[at] != 0x80 || (bytes[at + 1] != 0x22 && bytes[at + 1] != 0x28))
            return false;
        if (fingerprint || *seen)
            return false;
        *seen = true;
        at += 4 + (bytes[at + 2] * 256u + bytes[at + 3] + 3) / 4 * 4;
    }
    return at == size;
}
