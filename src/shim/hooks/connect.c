/* SPDX-License-Identifier: MIT */
#include "shim/hook.h"

SHIM_HOOK int connect(int fd, const struct sockaddr *address, socklen_t length)
{
    return connection_connect(fd, address, length);
}

SHIM_ALIAS(connect) __typeof__(connect) __connect;
