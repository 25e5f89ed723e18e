/* SPDX-License-Identifier: MIT */
#include "shim/hook.h"

#include "shim/listener.h"

SHIM_HOOK int bind(int fd, const struct sockaddr *address, socklen_t length)
{
    if (connection_recorded(fd))
        connection_before_kernel_sees(fd);
    listener_bind(fd, address, length);
    return NEXT(bind)(fd, address, length);
}

SHIM_HOOK int listen(int fd, int backlog)
{
    if (connection_recorded(fd))
        connection_before_kernel_sees(fd);
    listener_listen(fd, backlog);
    return NEXT(listen)(fd, backlog);
}
