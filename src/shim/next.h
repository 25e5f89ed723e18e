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

/* Those that every C library has are found. */
extern atomic_bool next_found __attribute__((visibility("hidden")));

/* Looks up every function. Safe wherever a hook may be called: it takes no lock and allocates
 * nothing, unless the process was put together in a way that only the dynamic linker understands.
 */
void next_resolve(void);

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
