/* SPDX-License-Identifier: MIT */
/*
 * The real functions: what each hooked symbol means to the next object in the search order, which
 * is the C library unless another preloaded library stands between.
 */
#ifndef TFOSHIM_SHIM_NEXT_H
#define TFOSHIM_SHIM_NEXT_H

#include "shim/declarations.h"

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

extern struct next_functions next_functions;

/* Looks up every function. Mandatory ones first: a failing dlsym() allocates, so the optional ones
 * are left to the call from the constructor (`with_optional`). */
void next_resolve(bool with_optional);

/* Is that what stands in for an optional function that nothing in the program had at start-up? */
bool next_is_missing(const void *function);

/* What such a function is that has come into the program since, in one of the libraries of these
 * names (up to a NULL), as a plugin's: NULL where there is none. */
void *next_late(const char *symbol, const char *const libraries[]);

/* Is `function` code of the C library itself? False when another interposer stands between. */
bool next_is_libc(const void *function);

/* Another library's constructor may call a hook before ours has run: one branch finds out. */
#define NEXT(symbol)                                                                               \
    (__builtin_expect(next_functions.symbol != NULL, 1)                                            \
         ? next_functions.symbol                                                                   \
         : (next_resolve(false), next_functions.symbol))

#endif
