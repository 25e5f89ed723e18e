/* SPDX-License-Identifier: MIT */
#include "shim/hook.h"

#include "shim/hooks/inner.h"
#include "shim/listener.h"
#include "shim/looking.h"

int bind_socket(bind_fn *next, int fd, const struct sockaddr *address, socklen_t length)
{
    looking_before(fd);
    listener_bind(fd, address, length);
    return next(fd, address, length);
}

SHIM_HOOK int bind(int fd, const struct sockaddr *address, socklen_t length)
{
    HOOK_CALLED();
    return bind_socket(NEXT(bind), fd, address, length);
}

int listen_on(listen_fn *next, int fd, int backlog)
{
    looking_before(fd);
    listener_listen(fd, backlog);
    return next(fd, backlog);
}

SHIM_HOOK int listen(int fd, int backlog)
{
    HOOK_CALLED();
    return listen_on(NEXT(listen), fd, backlog);
}
