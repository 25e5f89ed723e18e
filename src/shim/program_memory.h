/* SPDX-License-Identifier: MIT */
/*
 * Looking at memory that the program named in a call. A bad address is the kernel's to answer, with
 * EFAULT: a hook that read it would crash a program that the plain call does not.
 */
#ifndef TFOSHIM_SHIM_PROGRAM_MEMORY_H
#define TFOSHIM_SHIM_PROGRAM_MEMORY_H

#include "contract.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The smallest page of any machine: a larger one is only asked about more often. */
#define PROGRAM_MEMORY_PAGE 4096u

/* Can all of [address, address + length) be read, says the kernel? True for length 0. */
bool program_memory_asked(const void *address, size_t length) MUST_USE;

/* Is all of it in the page of this frame? A function's frame has been written to: its page can be
 * read, and what a program has on its stack when it calls is mostly there. */
static inline bool program_memory_is_beside(const void *frame, const void *address, size_t length)
{
    uintptr_t begin = (uintptr_t)address, page = (uintptr_t)frame / PROGRAM_MEMORY_PAGE;
    return begin / PROGRAM_MEMORY_PAGE == page &&
           length <= PROGRAM_MEMORY_PAGE - begin % PROGRAM_MEMORY_PAGE;
}

/* Can all of it be read? In a function that a hook has called: its frame is next to the program's.
 */
static inline __attribute__((always_inline)) bool program_memory_readable(const void *address,
                                                                          size_t length)
{
    return program_memory_is_beside(__builtin_frame_address(0), address, length) ||
           program_memory_asked(address, length);
}

/* Can all of it be read or nothing? The kernel, given it, then takes all or says EFAULT. */
bool program_memory_is_whole(const void *address, size_t length) MUST_USE;

/* Can a string be read to its end? */
bool program_memory_has_end(const char *text) MUST_USE;

#endif
