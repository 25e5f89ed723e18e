/* SPDX-License-Identifier: MIT */
#include "oracle.h"

#include <string.h>

/* "AMQP" and a version that was published, and no ninth byte. */
bool oracle_amqp(const uint8_t *bytes, size_t size)
{
    if (size != 8 || memcmp(bytes, "AMQP", 4) != 0)
        return false;
    switch ((uint32_t)bytes[4] << 24 | (uint32_t)bytes[5] << 16 | (uint32_t)bytes[6] << 8 |
            bytes[7]) {
    case 0x00000901: /* 0-9-1 */
    case 0x01010800: /* 0-8 */
    case 0x01010009: /* 0-9 */
    case 0x0101000a: /* 0-10 */
    case 0x00010000: /* 1.0 */
    case 0x02010000: /* TLS */
    case 0x03010000: /* SASL */
        return true;
    default:
        return false;
    }
}
