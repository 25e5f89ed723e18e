/* SPDX-License-Identifier: MIT */
#include "shim/hook.h"

#include "shim/looking.h"

SHIM_HOOK int getpeername(int fd, struct sockaddr *address, socklen_t *length)
{
    if (HOOK_IS_IDLE())
        return NEXT(getpeername)(fd, address, length);
    return looking_peer(NEXT(getpeername), fd, address, length);
}

SHIM_HOOK int getsockname(int fd, struct sockaddr *address, socklen_t *length)
{
    if (HOOK_IS_IDLE())
        return NEXT(getsockname)(fd, address, length);
    return looking_name(NEXT(getsockname), fd, address, length);
}

SHIM_HOOK int getsockopt(int fd, int level, int name, void *value, socklen_t *length)
{
    HOOK_CALLED();
    return looking_option(NEXT(getsockopt), fd, level, name, value, length);
}

SHIM_HOOK int setsockopt(int fd, int level, int name, const void *value, socklen_t length)
{
    HOOK_CALLED();
    return looking_set_option(NEXT(setsockopt), fd, level, name, value, length);
}

#ifdef TFOSHIM_TIME64
SHIM_HOOK int __getsockopt64(int fd, int level, int name, void *value, socklen_t *length)
{
    HOOK_CALLED();
    return looking_option(NEXT(__getsockopt64), fd, level, name, value, length);
}

SHIM_HOOK int __setsockopt64(int fd, int level, int name, const void *value, socklen_t length)
{
    HOOK_CALLED();
    return looking_set_option(NEXT(__setsockopt64), fd, level, name, value, length);
}
#endif
