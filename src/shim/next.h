/* SPDX-License-Identifier: MIT */
/*
 * The real functions: what each hooked symbol means to the next object in the search order, which
 * is the C library unless another preloaded library stands between; and what the library itself
 * calls there, but for what it imports.
 */
#ifndef TFOSHIM_SHIM_NEXT_H
#define TFOSHIM_SHIM_NEXT_H

#include "contract.h"
#include "shim/declarations.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

struct next_functions {
#define NEXT_FUNCTION(symbol, optional) __typeof__(&(symbol)) symbol;
#include "shim/next.def"
};

extern struct next_functions next_functions __attribute__((visibility("hidden")));

/* Every function can be called. */
extern atomic_bool next_found __attribute__((visibility("hidden")));

/* The optional `function` of that name; where nothing in the program had it at start-up, what has
 * come into the program since in one of the libraries of these names (up to a NULL), as a plugin's.
 * NULL where there is none. */
#define NEXT_OR_LATE(symbol, libraries)                                                            \
    next_or_late(NEXT_INDEX(symbol), (void *)first_##symbol, libraries)
void *next_or_late(size_t index, const void *first, const char *const libraries[]) NONNULL MUST_USE;

/* Makes the table good: what is not looked up now is by the functions that stand there for it, when
 * it is first called. Safe wherever a hook may be called: it takes no lock and allocates nothing,
 * unless the process was put together in a way that only the dynamic linker understands, or with a
 * C library of several parts, or with another one than the library is for. Then dlsym() finds all
 * functions that every C library has; one that finds nothing allocates, and an allocator may be
 * calling. */
void next_resolve(void);

/* At start-up: the others as well. */
void next_start(void);

/* Looks up the function of that index in the table; leaves errno alone. */
void next_find(size_t index);
#define NEXT_INDEX(symbol) (offsetof(struct next_functions, symbol) / sizeof(void *))
#define NEXT_FIND(symbol) next_find(NEXT_INDEX(symbol))

/* Another library's constructor, or an allocator, may call a hook before start-up has run. */
static inline void next_ready(void)
{
    if (__builtin_expect(!atomic_load_explicit(&next_found, memory_order_acquire), 0))
        next_resolve();
}

/* Is connect() the C library's own? False when another interposer stands between. */
bool next_connect_is_libc(void);

/* In hooks, all of which begin with next_ready(), or have seen that start-up is through. */
#define NEXT(symbol) next_functions.symbol

/* What stands in the table for a function that has not been called yet; each has one. */
#define NEXT_FIRST(type, name, next, parameters, arguments)                                        \
    type first_##name parameters __attribute__((visibility("hidden")));                            \
    __attribute__((cold)) type first_##name parameters                                             \
    {                                                                                              \
        NEXT_FIND(name);                                                                           \
        return next arguments;                                                                     \
    }

#endif
