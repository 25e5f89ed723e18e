/* SPDX-License-Identifier: MIT */
#include "shim/kept.h"

#include "shim/record.h"

#include <stdint.h>
#include <string.h>

/* What a SYN takes on a path of 1500 bytes. */
#define ROOM 1460

/* Pages that nothing was ever kept in are none. */
static struct kept {
    uint16_t length;
    unsigned char bytes[ROOM];
} table[RECORD_CONNECTIONS];

bool kept_put(unsigned slot, const struct msghdr *message, size_t length)
{
    struct kept *kept = &table[slot];
    size_t copied = 0;
    if (length > sizeof kept->bytes)
        return false;
    for (size_t i = 0; copied < length; i++) {
        const struct iovec *part = &message->msg_iov[i];
        size_t count = part->iov_len < length - copied ? part->iov_len : length - copied;
        memcpy(kept->bytes + copied, part->iov_base, count);
        copied += count;
    }
    kept->length = (uint16_t)length;
    return true;
}

void kept_move(unsigned from, unsigned to)
{
    memcpy(&table[to], &table[from], sizeof table[to]);
}

const void *kept_get(unsigned slot, size_t *length)
{
    *length = table[slot].length;
    return table[slot].bytes;
}
