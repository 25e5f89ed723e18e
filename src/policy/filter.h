/* SPDX-License-Identifier: MIT */
/*
 * A set of addresses in fixed memory (a Bloom filter): it may say of an address that was never put
 * in that it was, and never the other way. So it is for what fails closed. No locks; nothing is
 * ever taken out, but by moving all of it to another.
 */
#ifndef TFOSHIM_POLICY_FILTER_H
#define TFOSHIM_POLICY_FILTER_H

#include "hash/hash.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/* 16,000 addresses in it, one in thirty others is taken for one of them. */
#define FILTER_BITS (UINT32_C(1) << 17)
#define FILTER_PROBES 3
#define FILTER_WORD_BITS 32

struct filter {
    _Atomic uint32_t words[FILTER_BITS / FILTER_WORD_BITS];
};

static inline uint64_t filter_hash(const uint64_t address[2])
{
    return hash_mix(hash_mix(address[0]) + address[1]);
}

static inline uint32_t filter_bit(uint64_t hash, unsigned probe)
{
    return (uint32_t)(hash >> probe * 20) % FILTER_BITS;
}

static inline void filter_add(struct filter *filter, const uint64_t address[2])
{
    const uint64_t hash = filter_hash(address);
    for (unsigned probe = 0; probe < FILTER_PROBES; probe++) {
        const uint32_t bit = filter_bit(hash, probe);
        atomic_fetch_or_explicit(&filter->words[bit / FILTER_WORD_BITS],
                                 UINT32_C(1) << bit % FILTER_WORD_BITS, memory_order_release);
    }
}

static inline bool filter_may_hold(const struct filter *filter, const uint64_t address[2])
{
    const uint64_t hash = filter_hash(address);
    for (unsigned probe = 0; probe < FILTER_PROBES; probe++) {
        const uint32_t bit = filter_bit(hash, probe);
        if (!(atomic_load_explicit(&filter->words[bit / FILTER_WORD_BITS], memory_order_acquire) &
              UINT32_C(1) << bit % FILTER_WORD_BITS))
            return false;
    }
    return true;
}

/* Leaves the other one empty. What is added to it meanwhile is in one of them or lost. */
static inline void filter_move(struct filter *filter, struct filter *from)
{
    for (unsigned i = 0; i < FILTER_BITS / FILTER_WORD_BITS; i++) {
        const uint32_t word = atomic_load_explicit(&from->words[i], memory_order_relaxed);
        if (word == 0)
            continue;
        atomic_fetch_or(&filter->words[i], word);
        atomic_store(&from->words[i], 0);
    }
}

#endif
