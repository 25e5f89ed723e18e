/* SPDX-License-Identifier: MIT */
#ifndef TESTS_NAMED_H
#define TESTS_NAMED_H

/*
 * Headers turn some names into others, or into code of their own, by the options that a program is
 * compiled with. A function declared here is called by exactly this symbol:
 *
 *   NAMED(int, __poll, struct pollfd *, nfds_t, int);   is called as named___poll()
 */
#define NAMED(type, symbol, ...) extern type named_##symbol(__VA_ARGS__) __asm__(#symbol)

/* The same for a symbol that not every C library has: null where it is missing. */
#define NAMED_WEAK(type, symbol, ...)                                                              \
    extern type named_##symbol(__VA_ARGS__) __asm__(#symbol) __attribute__((weak))

#endif
