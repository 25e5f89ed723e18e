/* SPDX-License-Identifier: MIT */
/* What every file in hooks/ is made of. */
#ifndef TFOSHIM_SHIM_HOOK_H
#define TFOSHIM_SHIM_HOOK_H

/* Before all others: it decides which names the C library's headers give. */
#include "shim/declarations.h"

#include "shim/machine.h"
#include "shim/next.h"
#include "shim/waiting.h"

#include <errno.h>

/* A function that is exported in the C library's place. */
#define SHIM_HOOK __attribute__((visibility("default")))

/* A second name for a hook that stands in the same file. */
#define SHIM_ALIAS(hook) __attribute__((visibility("default"), alias(#hook)))

static inline int hook_fail(int error)
{
    errno = error;
    return -1;
}

#endif
