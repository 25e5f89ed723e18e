/* SPDX-License-Identifier: MIT */
/*
 * Symbols of the objects after this library in the search order, up to the C library, as
 * dlsym(RTLD_NEXT) finds them; but without a lock or an allocation, so that a function may be
 * looked up when it is first called, in a signal handler even. All that is read was written by the
 * dynamic linker before any of our code ran, and stays: what was loaded no later than the C library
 * is not unloaded.
 */
#ifndef TFOSHIM_SHIM_SEARCH_ORDER_H
#define TFOSHIM_SHIM_SEARCH_ORDER_H

#include "contract.h"

#include <elf.h>
#include <link.h>
#include <stdbool.h>
#include <stdint.h>

/* Objects that are looked at; where there are more, dlsym() is left to it. */
#define SEARCH_ORDER_MOST 128

struct search_object {
    const struct link_map *map;
    const ElfW(Addr) * filter;
    const uint32_t *buckets, *chains; /* a chain's word belongs to the symbol of the same index */
    const ElfW(Sym) * symbols;
    const ElfW(Half) * versions; /* NULL: it has none */
    const char *names;
    uint32_t filter_mask, filter_shift, bucket_count;
};

/* What the C library that this library is for has, and no other one. */
#ifdef __GLIBC__
#define SEARCH_LIBC "gnu_get_libc_version"
#else
#define SEARCH_LIBC "__freadahead"
#endif

struct search_order {
    unsigned count;
    struct search_object objects[SEARCH_ORDER_MOST];
};

/* False: the dynamic linker's list, or an object in it, is not as expected, or the C library is of
 * several parts, as it was before its version 2.34. It is the last object. */
bool search_order_read(struct search_order *) NONNULL MUST_USE;

enum search_answer {
    SEARCH_FOUND,
    SEARCH_NONE, /* no object has it */
    SEARCH_ASK,  /* one has it in a way that the dynamic linker is to be asked about */
};

/* `hash` is SEARCH_HASH(symbol). `in`: which object has it; may be NULL. */
enum search_answer search_order_find(const struct search_order *, const char *symbol, uint32_t hash,
                                     void **address, const struct search_object **in) MUST_USE;

/* The file name of this library; NULL: not known. */
const char *search_order_own_name(void);

/* The hash of GNU's symbol tables, h = h * 33 + c from 5381, by the compiler: as a sum, in which
 * each byte of a literal (of at most 31) has its power of 33. */
#define SEARCH_POWER_BIT(exponent, bit, power) ((exponent) & (bit) ? UINT32_C(power) : 1u)
#define SEARCH_POWER(exponent)                                                                     \
    (SEARCH_POWER_BIT(exponent, 1, 33) * SEARCH_POWER_BIT(exponent, 2, 1089) *                     \
     SEARCH_POWER_BIT(exponent, 4, 1185921) * SEARCH_POWER_BIT(exponent, 8, 1954312449) *          \
     SEARCH_POWER_BIT(exponent, 16, 2463752705))
#define SEARCH_BYTE(text, i)                                                                       \
    ((i) < sizeof(text) - 1 ? (uint32_t)(unsigned char)(text)[(i) < sizeof(text) - 1 ? (i) : 0] *  \
                                  SEARCH_POWER(sizeof(text) - 2 - (i))                             \
                            : 0u)
#define SEARCH_BYTES(text, i)                                                                      \
    (SEARCH_BYTE(text, (i)) + SEARCH_BYTE(text, (i) + 1) + SEARCH_BYTE(text, (i) + 2) +            \
     SEARCH_BYTE(text, (i) + 3))
#define SEARCH_HASH(text)                                                                          \
    (5381u * SEARCH_POWER(sizeof(text) - 1) + SEARCH_BYTES(text, 0) + SEARCH_BYTES(text, 4) +      \
     SEARCH_BYTES(text, 8) + SEARCH_BYTES(text, 12) + SEARCH_BYTES(text, 16) +                     \
     SEARCH_BYTES(text, 20) + SEARCH_BYTES(text, 24) + SEARCH_BYTES(text, 28))

#endif
