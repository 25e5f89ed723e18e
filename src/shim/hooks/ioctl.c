/* SPDX-License-Identifier: MIT */
/* Calls that control this and that. Whatever they mean, their argument travels in a register. The
 * request is an int in musl, of which the kernel takes as much. */
#include "shim/hook.h"

#include "shim/hooks/inner.h"
#include "shim/looking.h"

#define IOCTL_HOOK(name)                                                                           \
    HOOK_VARIADIC_WHILE(CONCERN_DESCRIPTORS, int, name,                                            \
                        (int fd, unsigned long request, void *argument), (fd, request, argument))  \
    {                                                                                              \
        return looking_control((control_fn *)(void (*)(void))NEXT(name), fd, request, argument);   \
    }

IOCTL_HOOK(ioctl)

#ifdef TFOSHIM_TIME64
IOCTL_HOOK(__ioctl_time64)
#endif
