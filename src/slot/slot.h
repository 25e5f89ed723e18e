/* SPDX-License-Identifier: MIT */
/*
 * Slots of fixed tables that are read while others write them, without locks: a tag word guards a
 * few payload words. Nobody ever waits, so all of it may run in a signal handler.
 *
 * The tag's top bits count how often the slot has changed hands; the bits below are the owner's,
 * who has to mark in them whether a slot is free, claimed (its words are being written) or
 * published. A claim takes the next generation: whoever copied words while the slot changed hands
 * sees another generation after them than before.
 *
 *     writer: slot_claim(), slot_write(), slot_publish()
 *     reader: slot_copy(), then a look at the owner's bits of the tag that it saw
 *
 * Acquire on every word keeps the reader's second look at the tag after them, and release on every
 * word keeps the writer's stores after its claim: whoever sees a new word sees the new tag too.
 * Fences would do the same, but ThreadSanitizer does not understand fences.
 */
#ifndef TFOSHIM_SLOT_SLOT_H
#define TFOSHIM_SLOT_SLOT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/* Elsewhere libatomic would be needed, whose locks are no good in a signal handler. */
_Static_assert(ATOMIC_LLONG_LOCK_FREE == 2, "64-bit atomics must be lock-free");

#define SLOT_GENERATION_SHIFT 49
#define SLOT_OWN_BITS ((UINT64_C(1) << SLOT_GENERATION_SHIFT) - 1)

/* The generation after this tag's, with the owner's bits clear. Wraps. */
static inline uint64_t slot_next_generation(uint64_t tag)
{
    return (tag | SLOT_OWN_BITS) + 1;
}

static inline bool slot_same_generation(uint64_t one, uint64_t other)
{
    return ((one ^ other) >> SLOT_GENERATION_SHIFT) == 0;
}

/* Takes the slot in its next generation, if its tag still is `seen`. `own`: bits that say that it
 * is claimed. False: somebody was first. Whoever sees that it was taken sees what was done before.
 */
static inline bool slot_claim(_Atomic uint64_t *tag, uint64_t seen, uint64_t own)
{
    return atomic_compare_exchange_strong_explicit(tag, &seen, slot_next_generation(seen) | own,
                                                   memory_order_acq_rel, memory_order_relaxed);
}

/* For whoever has claimed the slot. */
static inline void slot_write(_Atomic uint64_t *words, unsigned count, const uint64_t *in)
{
    for (unsigned i = 0; i < count; i++)
        atomic_store_explicit(&words[i], in[i], memory_order_release);
}

/* Ends a claim, in the generation that it took. `own`: bits that say that the words are good. */
static inline void slot_publish(_Atomic uint64_t *tag, uint64_t own)
{
    uint64_t claimed = atomic_load_explicit(tag, memory_order_relaxed);
    atomic_store_explicit(tag, (claimed & ~SLOT_OWN_BITS) | own, memory_order_release);
}

/* Copies the words. False: the slot changed hands meanwhile. True says no more than that: the
 * owner's bits of *tag_seen tell whether it was published when the copy began. */
static inline bool slot_copy(const _Atomic uint64_t *tag, const _Atomic uint64_t *words,
                             unsigned count, uint64_t *tag_seen, uint64_t *out)
{
    *tag_seen = atomic_load_explicit(tag, memory_order_acquire);
    for (unsigned i = 0; i < count; i++)
        out[i] = atomic_load_explicit(&words[i], memory_order_acquire);
    return slot_same_generation(*tag_seen, atomic_load_explicit(tag, memory_order_acquire));
}

#endif
