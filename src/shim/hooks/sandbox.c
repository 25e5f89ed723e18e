/* SPDX-License-Identifier: MIT */
/*
 * A process that takes system calls away from itself (seccomp) takes them away from the library,
 * too. What the library does for the sake of a connection is tried, and done without where it is
 * refused. But it does not look into files for a change of its policy any more: a sandbox that
 * kills for such a call would kill a program that makes none.
 */
#include "shim/hook.h"

#include "shim/ending.h"
#include "shim/hooks/by_number.h"
#include "shim/policy_change.h"

#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

/* In strict mode any call of the kernel's but read, write and the end kills: what is under way is
 * brought to its end before, and nothing is known of afterwards. Programs ask without a filter
 * whether there are any to be had. */
static bool begin(bool strict, bool with_filter)
{
    if (strict)
        ending_knowledge();
    if (strict || with_filter)
        policy_change_pause();
    return strict || with_filter;
}

static long began(bool is_sandbox, long result)
{
    if (is_sandbox && result < 0)
        policy_change_resume();
    return result;
}

#define PRCTL_HOOK(name)                                                                           \
    HOOK_VARIADIC_WHILE(                                                                           \
        CONCERN_PROCESS, int, name,                                                                \
        (int operation, unsigned long a, unsigned long b, unsigned long c, unsigned long d),       \
        (operation, a, b, c, d))                                                                   \
    {                                                                                              \
        bool is_sandbox = operation == PR_SET_SECCOMP && begin(a == SECCOMP_MODE_STRICT, b != 0);  \
        return (int)began(is_sandbox, NEXT(name)(operation, a, b, c, d));                          \
    }

PRCTL_HOOK(prctl)

#ifdef TFOSHIM_TIME64
PRCTL_HOOK(__prctl_time64)
#endif

/* libseccomp calls seccomp() so. */
long SANDBOX_by_number(const struct call *call)
{
    const union argument *a = call->a;
    bool is_sandbox;
    if (call->number == SYS_prctl)
        is_sandbox = a[0].word == PR_SET_SECCOMP &&
                     begin(a[1].word == SECCOMP_MODE_STRICT, a[2].pointer != NULL);
    else
        is_sandbox = a[0].word <= SECCOMP_SET_MODE_FILTER &&
                     begin(a[0].word == SECCOMP_SET_MODE_STRICT && a[1].word == 0,
                           a[0].word == SECCOMP_SET_MODE_FILTER && a[2].pointer != NULL);
    return began(is_sandbox, call_plainly(call));
}
