/* SPDX-License-Identifier: MIT */
/* What every file in hooks/ is made of. */
#ifndef TFOSHIM_SHIM_HOOK_H
#define TFOSHIM_SHIM_HOOK_H

/* Before all others: it decides which names the C library's headers give. */
#include "shim/declarations.h"

#include "shim/machine.h"
#include "shim/next.h"
#include "shim/story.h"
#include "shim/waiting.h"

#include <errno.h>

/* A function that is exported in the C library's place. */
#define SHIM_HOOK __attribute__((visibility("default")))

/* A second name for a hook that stands in the same file. */
#define SHIM_ALIAS(hook) __attribute__((visibility("default"), alias(#hook)))

/* Where there are connections whose story may go on in this hook, it is to tell in which. */
#define HOOK_CALLED_AS(name) (machine_idle() ? (void)0 : story_in_call(name))
#define HOOK_CALLED() HOOK_CALLED_AS(__func__)

/* The same, and whether there are none. */
#define HOOK_IS_IDLE() (machine_idle() || (story_in_call(__func__), false))

static inline int hook_fail(int error)
{
    errno = error;
    return -1;
}

#endif
