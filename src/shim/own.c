/* SPDX-License-Identifier: MIT */
#include "shim/own.h"

#include "shim/concern.h"

#include <stdatomic.h>
#include <stdint.h>
#include <unistd.h>

/* Beyond this number a socket counts as shared, and is connected plainly. Pages that nobody touches
 * cost nothing. */
#define DESCRIPTORS (1u << 20)
#define WORD_BITS 16u

/* A word's upper half says of which fork its lower half is: a fork empties all at once. That has
 * two bits of each descriptor: it is here, and it has been given the option. */
static _Atomic uint64_t words[DESCRIPTORS / WORD_BITS];
static atomic_uint forks;

static unsigned count_of(uint64_t word)
{
    return (unsigned)__builtin_popcount((uint16_t)word);
}

static uint32_t bit_of(int fd)
{
    return UINT32_C(1) << (unsigned)fd % WORD_BITS;
}

static uint32_t option_bit_of(int fd)
{
    return bit_of(fd) << WORD_BITS;
}

/* Sets and clears bits; those of an earlier fork go. The count is raised before there is a bit
 * more, and lowered after there is one less. */
static void change(int fd, uint32_t set, uint32_t clear)
{
    _Atomic uint64_t *word = &words[(unsigned)fd / WORD_BITS];
    uint32_t now = atomic_load_explicit(&forks, memory_order_relaxed);
    uint64_t found = atomic_load_explicit(word, memory_order_relaxed), wanted;
    concern_add_descriptors(count_of(set));
    do {
        uint32_t bits = (uint32_t)(found >> 32) == now ? (uint32_t)found : 0;
        wanted = (uint64_t)now << 32 | ((bits & ~clear) | set);
    } while (wanted != found &&
             !atomic_compare_exchange_weak_explicit(word, &found, wanted, memory_order_relaxed,
                                                    memory_order_relaxed));
    concern_remove_descriptors(count_of(set) + count_of(found) - count_of(wanted));
}

/* The standard streams have theirs from the start, and no hook sees what they write. */
void own_add(int fd)
{
    if (fd > STDERR_FILENO && (unsigned)fd < DESCRIPTORS)
        change(fd, bit_of(fd), option_bit_of(fd));
}

/* One of an earlier fork goes as well: it is counted. */
void own_remove(int fd)
{
    if ((unsigned)fd < DESCRIPTORS &&
        (atomic_load_explicit(&words[(unsigned)fd / WORD_BITS], memory_order_relaxed) & bit_of(fd)))
        change(fd, 0, bit_of(fd));
}

/* The bits of this fork, with those of other descriptors. */
static uint32_t bits_with(int fd)
{
    uint64_t word = atomic_load_explicit(&words[(unsigned)fd / WORD_BITS], memory_order_relaxed);
    bool now = (uint32_t)(word >> 32) == atomic_load_explicit(&forks, memory_order_relaxed);
    return now ? (uint32_t)word : 0;
}

bool own_has(int fd)
{
    return (unsigned)fd < DESCRIPTORS && (bits_with(fd) & bit_of(fd));
}

void own_given_option(int fd)
{
    if (own_has(fd))
        change(fd, option_bit_of(fd), 0);
}

bool own_has_without_option(int fd)
{
    return own_has(fd) && !(bits_with(fd) & option_bit_of(fd));
}

static atomic_bool habits[OWN_HABITS];

void own_note(enum own_habit habit)
{
    atomic_store_explicit(&habits[habit], true, memory_order_relaxed);
}

bool own_may_be(enum own_habit habit)
{
    return atomic_load_explicit(&habits[habit], memory_order_relaxed);
}

void own_forked(void)
{
    atomic_fetch_add_explicit(&forks, 1, memory_order_relaxed);
}
