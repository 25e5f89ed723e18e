/* SPDX-License-Identifier: MIT */
#include "shim/hook.h"

#include "shim/hooks/inner.h"

int socket_made(int fd)
{
    return fd;
}

SHIM_HOOK int socket(int family, int type, int protocol)
{
    return socket_made(NEXT(socket)(family, type, protocol));
}
