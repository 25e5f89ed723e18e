/* SPDX-License-Identifier: MIT */
/* The one shape of all hooks that wait; `waits` says whether this call may. */
#ifndef TFOSHIM_SHIM_HOOKS_WAIT_HOOK_H
#define TFOSHIM_SHIM_HOOKS_WAIT_HOOK_H

#include "shim/hook.h"

#define WAIT_HOOK_OF(kind, waits, type, name, parameters, arguments, interrupted)                  \
    HOOK_WHILE(CONCERN_CONNECTIONS, type, name, parameters, arguments)                             \
    {                                                                                              \
        if (!(waits))                                                                              \
            waiting_looked();                                                                      \
        else if (!waiting_before_block(kind))                                                      \
            return interrupted;                                                                    \
        return NEXT(name) arguments;                                                               \
    }

/* What no signal ends. */
#define WAIT_HOOK_IF(waits, type, name, parameters, arguments)                                     \
    WAIT_HOOK_OF(WAIT_GOES_ON, waits, type, name, parameters, arguments, NEXT(name) arguments)

#define WAIT_HOOK(type, name, parameters, arguments)                                               \
    WAIT_HOOK_IF(true, type, name, parameters, arguments)

/* What fails when it is interrupted. */
#define WAIT_HOOK_ENDED(type, name, parameters, arguments)                                         \
    WAIT_HOOK_OF(WAIT_ENDS, true, type, name, parameters, arguments, hook_fail(EINTR))

/* What has not waited when it is interrupted may yet find what it would have waited for: the answer
 * of the same call without waiting. */
static inline ssize_t wait_interrupted(ssize_t answer, int would_wait)
{
    if (answer < 0 && (errno == would_wait || errno == EACCES))
        errno = EINTR;
    return answer;
}

#endif
