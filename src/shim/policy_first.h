/* SPDX-License-Identifier: MIT */
/*
 * The policy that a process starts with, where nobody has kept it. In glibc a module compiles it
 * (policy_by_module.c). Elsewhere the dynamic linker cannot keep the names of a module and those of
 * the program apart, nor take a module out again, and tfoshim-compile does it
 * (policy_by_program.c).
 */
#ifndef TFOSHIM_SHIM_POLICY_FIRST_H
#define TFOSHIM_SHIM_POLICY_FIRST_H

#include "shim/policy_cache.h"

#define RUNNING_WITHOUT "; running without Fast Open"

/* What compiles: a file beside the library. */
extern const char policy_first_compiler[];

/* A block of policy_size() bytes from mmap(), which may be a refusal; NULL: there is none. Whatever
 * is wrong has been said, once. */
const struct policy *policy_first(const struct policy_wanted *);

#endif
