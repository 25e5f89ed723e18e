/* SPDX-License-Identifier: MIT */
#include "shim/hook.h"

#include "shim/looking.h"

HOOK_WHILE(CONCERN_CONNECTIONS, int, getpeername,
           (int fd, struct sockaddr *address, socklen_t *length), (fd, address, length))
{
    return looking_peer(NEXT(getpeername), fd, address, length);
}

HOOK_WHILE(CONCERN_CONNECTIONS, int, getsockname,
           (int fd, struct sockaddr *address, socklen_t *length), (fd, address, length))
{
    return looking_name(NEXT(getsockname), fd, address, length);
}

HOOK_WHILE(CONCERN_DESCRIPTORS, int, getsockopt,
           (int fd, int level, int name, void *value, socklen_t *length),
           (fd, level, name, value, length))
{
    return looking_option(NEXT(getsockopt), fd, level, name, value, length);
}

HOOK_WHILE(CONCERN_PROCESS, int, setsockopt,
           (int fd, int level, int name, const void *value, socklen_t length),
           (fd, level, name, value, length))
{
    return looking_set_option(NEXT(setsockopt), fd, level, name, value, length);
}

#ifdef TFOSHIM_TIME64
HOOK_WHILE(CONCERN_DESCRIPTORS, int, __getsockopt64,
           (int fd, int level, int name, void *value, socklen_t *length),
           (fd, level, name, value, length))
{
    return looking_option(NEXT(__getsockopt64), fd, level, name, value, length);
}

HOOK_WHILE(CONCERN_PROCESS, int, __setsockopt64,
           (int fd, int level, int name, const void *value, socklen_t length),
           (fd, level, name, value, length))
{
    return looking_set_option(NEXT(__setsockopt64), fd, level, name, value, length);
}
#endif
