/* SPDX-License-Identifier: MIT */
/* Hashes that whatever keeps a table, or tells things apart by a number, shares. No
 * secrets. */
#ifndef TFOSHIM_HASH_HASH_H
#define TFOSHIM_HASH_HASH_H

#include <stddef.h>
#include <stdint.h>

/* FNV-1a, and never 0. */
static inline uint32_t hash_bytes(const void *bytes, size_t length)
{
    const unsigned char *at = bytes;
    uint32_t hash = UINT32_C(2166136261);
    for (size_t i = 0; i < length; i++)
        hash = (hash ^ at[i]) * UINT32_C(16777619);
    return hash ? hash : 1;
}

/* A bijection of 64 bits that leaves no bit where it was (the finalizer of MurmurHash3). */
static inline uint64_t hash_mix(uint64_t value)
{
    value = (value ^ value >> 33) * UINT64_C(0xff51afd7ed558ccd);
    value = (value ^ value >> 33) * UINT64_C(0xc4ceb9fe1a85ec53);
    return value ^ value >> 33;
}

#endif
