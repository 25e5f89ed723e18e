/* SPDX-License-Identifier: MIT */
#include "shim/hook.h"

#include "shim/connecting.h"

HOOK_WHILE(CONCERN_PROCESS, int, connect,
           (int fd, const struct sockaddr *address, socklen_t length), (fd, address, length))
{
    return connecting(NEXT(connect), fd, address, length);
}

SHIM_ALIAS(connect) __typeof__(connect) __connect;
