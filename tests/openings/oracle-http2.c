/* SPDX-License-Identifier: MIT */
#include "oracle.h"

#include <string.h>

/* No frame is on a stream, has a flag, or is of another type than 4 and 8; the first is of type 4;
 * and the frames' lengths and the preface come to what there is. */
bool oracle_http2(const uint8_t *bytes, size_t size)
{
    size_t at = 24;
    if (size < 33 || memcmp(bytes, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", at) != 0 || bytes[27] != 4)
        return false;
    while (size - at >= 9) {
        const uint8_t *frame = bytes + at;
        unsigned others = frame[4];
        for (int i = 5; i < 9; i++)
            others |= frame[i];
        size_t payload = (size_t)frame[0] * 65536 + (size_t)frame[1] * 256 + frame[2];
        if (others != 0 || payload > size - at - 9)
            return false;
        if (frame[3] == 4 ? payload % 6 != 0 : frame[3] != 8 || payload != 4)
            return false;
        /* An increment of nothing is an error. */
        if (frame[3] == 8 && memcmp(frame + 9, "\0\0\0", 4) == 0)
            return false;
        at += 9 + payload;
    }
    return at == size;
}
