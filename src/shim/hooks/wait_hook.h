/* SPDX-License-Identifier: MIT */
/* The one shape of all hooks that wait; `waits` says whether this call may. */
#ifndef TFOSHIM_SHIM_HOOKS_WAIT_HOOK_H
#define TFOSHIM_SHIM_HOOKS_WAIT_HOOK_H

#include "shim/hook.h"

#define WAIT_HOOK_IF(waits, type, name, parameters, arguments)                                     \
    HOOK_WHILE(CONCERN_CONNECTIONS, type, name, parameters, arguments)                             \
    {                                                                                              \
        if (waits)                                                                                 \
            waiting_before_block();                                                                \
        else                                                                                       \
            waiting_looked();                                                                      \
        return NEXT(name) arguments;                                                               \
    }

#define WAIT_HOOK(type, name, parameters, arguments)                                               \
    WAIT_HOOK_IF(true, type, name, parameters, arguments)

#endif
