/* SPDX-License-Identifier: MIT */
#include "shim/hook.h"

#include "shim/listener.h"

SHIM_HOOK int bind(int fd, const struct sockaddr *address, socklen_t length)
{
    listener_bind(fd, address, length);
    return NEXT(bind)(fd, address, length);
}

SHIM_HOOK int listen(int fd, int backlog)
{
    listener_listen(fd, backlog);
    return NEXT(listen)(fd, backlog);
}
