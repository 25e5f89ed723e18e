/* SPDX-License-Identifier: MIT */
/*
 * The real functions: what each hooked symbol means to the next object in the search order, which
 * is the C library unless another preloaded library stands between.
 */
#ifndef TFOSHIM_SHIM_NEXT_H
#define TFOSHIM_SHIM_NEXT_H

#include "shim/declarations.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

struct next_functions {
#define HOOK(symbol, kind, number) __typeof__(&(symbol)) symbol;
#define HOOK_OPTIONAL(symbol, kind, number) HOOK(symbol, kind, number)
#define HOOK_ALIAS(symbol, hook)
#include "shim/hooks.def"
#undef HOOK
#undef HOOK_OPTIONAL
#undef HOOK_ALIAS
};

extern struct next_functions next_functions __attribute__((visibility("hidden")));

/* Every function can be called. */
extern atomic_bool next_found __attribute__((visibility("hidden")));

/* The optional `function` of that name; where nothing in the program had it at start-up, what has
 * come into the program since in one of the libraries of these names (up to a NULL), as a plugin's.
 * NULL where there is none. Not to be asked of one that HOOK_WHILE makes. */
void *next_or_late(void *function, const char *symbol, const char *const libraries[]);

/* Makes the table good: what is not looked up now is by the functions that stand there for it, when
 * it is first called (hook.h). Safe wherever a hook may be called: it takes no lock and allocates
 * nothing, unless the process was put together in a way that only the dynamic linker understands,
 * or with a C library of several parts. Then dlsym() finds all functions that every C library has;
 * one that finds nothing allocates, and an allocator may be calling. */
void next_resolve(void);

/* At start-up: the others as well. */
void next_start(void);

/* Looks up the function of that index in the table. */
void next_find(size_t index);
#define NEXT_FIND(symbol) next_find(offsetof(struct next_functions, symbol) / sizeof(void *))

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

#endif
