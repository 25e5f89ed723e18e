/* SPDX-License-Identifier: MIT */
/*
 * Looking at memory that the program named in a call. A bad address is the kernel's to answer, with
 * EFAULT: a hook that read it would crash a program that the plain call does not.
 */
#ifndef TFOSHIM_SHIM_PROGRAM_MEMORY_H
#define TFOSHIM_SHIM_PROGRAM_MEMORY_H

#include <stdbool.h>
#include <stddef.h>

/* Can all of [address, address + length) be read? True for length 0. */
bool program_memory_readable(const void *address, size_t length);

/* Can all of it be read or nothing? The kernel, given it, then takes all or says EFAULT. */
bool program_memory_is_whole(const void *address, size_t length);

/* Can a string be read to its end? */
bool program_memory_has_end(const char *text);

#endif
