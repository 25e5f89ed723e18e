/* SPDX-License-Identifier: MIT */
#ifndef LINK_BYTES_H
#define LINK_BYTES_H

#include <stddef.h>
#include <stdint.h>

/* Headers are copied out and in: a packet need not be aligned for them. */
static inline uint16_t get16(const unsigned char *at)
{
    return (uint16_t)(at[0] << 8 | at[1]);
}

static inline void put16(unsigned char *at, size_t value)
{
    at[0] = (unsigned char)(value >> 8);
    at[1] = (unsigned char)value;
}

/* The Internet checksum before its complement is taken; `sum` is what has been summed before. */
static inline uint32_t sum16(uint32_t sum, const unsigned char *data, size_t length)
{
    for (; length > 1; data += 2, length -= 2)
        sum += get16(data);
    if (length)
        sum += (uint32_t)data[0] << 8;
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    return sum;
}

#endif
