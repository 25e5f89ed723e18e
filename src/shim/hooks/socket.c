/* SPDX-License-Identifier: MIT */
#include "shim/hook.h"

#include "shim/hooks/inner.h"
#include "shim/own.h"
#include "shim/shim.h"

int socket_made(int fd)
{
    if (fd >= 0 && shim.active)
        own_add(fd);
    return fd;
}

SHIM_HOOK int socket(int family, int type, int protocol)
{
    return socket_made(NEXT(socket)(family, type, protocol));
}
