/* SPDX-License-Identifier: MIT */
/* The shapes of all hooks that wait; `waits` says whether this call may. */
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

/* In a function that waits for what can be asked for without waiting: `attempt` is the same call
 * so, and `is_busy` says of its answer that it would have waited. Returns from the function where
 * there is another answer, or where it is interrupted; else the wait is to be made. errno is kept.
 */
#define WAIT_ATTEMPTING(kind, type, attempt, is_busy)                                              \
    do {                                                                                           \
        struct waiting waiting = WAITING(kind);                                                    \
        enum waited waited = waiting_concerns_thread() ? WAITED_A_WHILE : WAITED_ENOUGH;           \
        int saved_errno = errno;                                                                   \
        while (waited != WAITED_ENOUGH) {                                                          \
            type answer = attempt;                                                                 \
            if (!is_busy(answer)) {                                                                \
                waiting_over(&waiting);                                                            \
                return answer;                                                                     \
            }                                                                                      \
            if (waited == WAITED_INTERRUPTED)                                                      \
                return hook_fail(EINTR);                                                           \
            waited = waiting_a_while(&waiting);                                                    \
        }                                                                                          \
        errno = saved_errno;                                                                       \
    } while (0)

#define WAIT_HOOK_ATTEMPTING(kind, waits, type, name, parameters, arguments, attempt, is_busy)     \
    HOOK_WHILE(CONCERN_CONNECTIONS, type, name, parameters, arguments)                             \
    {                                                                                              \
        if (waits)                                                                                 \
            WAIT_ATTEMPTING(kind, type, attempt, is_busy);                                         \
        else                                                                                       \
            waiting_looked();                                                                      \
        return NEXT(name) arguments;                                                               \
    }

/* No child has ended. */
static inline bool wait_no_child(long answer)
{
    return answer == 0;
}

/* Another has the lock, or there is no message, or no room for one. */
static inline bool wait_is_taken(long answer)
{
    return answer < 0 && (errno == EAGAIN || errno == EACCES || errno == ENOMSG);
}

#endif
