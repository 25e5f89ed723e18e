/* SPDX-License-Identifier: MIT */
#include "shim/hook.h"

#include "shim/connecting.h"

SHIM_HOOK int connect(int fd, const struct sockaddr *address, socklen_t length)
{
    HOOK_CALLED();
    return connecting(NEXT(connect), fd, address, length);
}

SHIM_ALIAS(connect) __typeof__(connect) __connect;
