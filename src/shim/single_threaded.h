/* SPDX-License-Identifier: MIT */
/* Has this process one thread? */
#ifndef TFOSHIM_SHIM_SINGLE_THREADED_H
#define TFOSHIM_SHIM_SINGLE_THREADED_H

#include <stdbool.h>

/* glibc's, since its version 2.32: where it is missing, nobody knows. It may not be a strong
 * import, for musl's dynamic linker ends a program one of whose libraries wants what nobody has. */
extern char __libc_single_threaded __attribute__((weak));

static inline bool single_threaded(void)
{
    return &__libc_single_threaded && __libc_single_threaded;
}

#endif
