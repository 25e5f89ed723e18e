/* SPDX-License-Identifier: MIT */
/* Calls that control this and that. Whatever they mean, their arguments travel in registers. */
#include "shim/hook.h"

#include "shim/ending.h"
#include "shim/hooks/inner.h"
#include "shim/looking.h"

#include <linux/seccomp.h>
#include <sys/prctl.h>

/* In this mode any call of the kernel's but read, write and the end kills: what is under way is
 * brought to its end before, and nothing is known of afterwards. */
int control_process(prctl_fn *next, int operation, const unsigned long arguments[4])
{
    if (operation == PR_SET_SECCOMP && arguments[0] == SECCOMP_MODE_STRICT)
        ending_knowledge();
    return next(operation, arguments[0], arguments[1], arguments[2], arguments[3]);
}

#define IOCTL_HOOK(name)                                                                           \
    HOOK_VARIADIC_WHILE(CONCERN_DESCRIPTORS, int, name,                                            \
                        (int fd, unsigned long request, void *argument), (fd, request, argument))  \
    {                                                                                              \
        return looking_control(NEXT(name), fd, request, argument);                                 \
    }

#define PRCTL_HOOK(name)                                                                           \
    HOOK_VARIADIC_WHILE(                                                                           \
        CONCERN_DESCRIPTORS, int, name,                                                            \
        (int operation, unsigned long a, unsigned long b, unsigned long c, unsigned long d),       \
        (operation, a, b, c, d))                                                                   \
    {                                                                                              \
        const unsigned long words[4] = {a, b, c, d};                                               \
        return control_process(NEXT(name), operation, words);                                      \
    }

IOCTL_HOOK(ioctl)
PRCTL_HOOK(prctl)

#ifdef TFOSHIM_TIME64
IOCTL_HOOK(__ioctl_time64)
PRCTL_HOOK(__prctl_time64)
#endif
