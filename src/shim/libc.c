/* SPDX-License-Identifier: MIT */
/* What the library calls of the C library on its slow paths: see libc.def. */
/* Before all others: it decides which names the C library's headers give. */
#include "shim/next.h"

#define LIBC(type, name, parameters, arguments)                                                    \
    NEXT_FIRST(type, name, next_functions.name, parameters, arguments)                             \
    __attribute__((visibility("hidden"))) type name parameters                                     \
    {                                                                                              \
        return next_functions.name arguments;                                                      \
    }
#define LIBC_VARIADIC(type, name, parameters, arguments)                                           \
    NEXT_FIRST(type, name, next_functions.name, parameters, arguments)                             \
    __attribute__((visibility("hidden"))) type libc_##name parameters __asm__(#name);              \
    type libc_##name parameters                                                                    \
    {                                                                                              \
        return next_functions.name arguments;                                                      \
    }
#include "shim/libc.def"

#ifndef TFOSHIM_SANITIZED
/* By this pthread_atfork() tells libraries apart. The compiler's start files have it, and nothing
 * else that is needed here, but four names for the dynamic linker to look for in vain or for
 * nothing. */
void *const __dso_handle __attribute__((visibility("hidden"))) = (void *)&__dso_handle;
#endif
