/* SPDX-License-Identifier: MIT */
/* Calls that control this and that. Whatever they mean, their arguments travel in registers. */
#include "shim/hook.h"

#include "shim/ending.h"
#include "shim/hooks/inner.h"
#include "shim/looking.h"

#include <linux/seccomp.h>
#include <stdarg.h>
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
    SHIM_HOOK int name(int fd, unsigned long request, ...)                                         \
    {                                                                                              \
        HOOK_CALLED();                                                                             \
        va_list arguments;                                                                         \
        va_start(arguments, request);                                                              \
        void *argument = va_arg(arguments, void *);                                                \
        va_end(arguments);                                                                         \
        return looking_control(NEXT(name), fd, request, argument);                                 \
    }

#define PRCTL_HOOK(name)                                                                           \
    SHIM_HOOK int name(int operation, ...)                                                         \
    {                                                                                              \
        HOOK_CALLED();                                                                             \
        unsigned long words[4];                                                                    \
        va_list arguments;                                                                         \
        va_start(arguments, operation);                                                            \
        for (int i = 0; i < 4; i++)                                                                \
            words[i] = va_arg(arguments, unsigned long);                                           \
        va_end(arguments);                                                                         \
        return control_process(NEXT(name), operation, words);                                      \
    }

IOCTL_HOOK(ioctl)
PRCTL_HOOK(prctl)

#ifdef TFOSHIM_TIME64
IOCTL_HOOK(__ioctl_time64)
PRCTL_HOOK(__prctl_time64)
#endif
