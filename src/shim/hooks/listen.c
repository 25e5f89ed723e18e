/* SPDX-License-Identifier: MIT */
#include "shim/hook.h"

#include "shim/hooks/inner.h"
#include "shim/listener.h"
#include "shim/looking.h"
#include "shim/own.h"

int bind_socket(bind_fn *next, int fd, const struct sockaddr *address, socklen_t length)
{
    looking_before(fd);
    listener_bind(fd, address, length);
    return next(fd, address, length);
}

HOOK_WHILE(CONCERN_PROCESS, int, bind, (int fd, const struct sockaddr *address, socklen_t length),
           (fd, address, length))
{
    return bind_socket(NEXT(bind), fd, address, length);
}

int listen_on(listen_fn *next, int fd, int backlog)
{
    looking_before(fd);
    own_remove(fd); /* which is never connected */
    listener_listen(fd, backlog);
    return next(fd, backlog);
}

HOOK_WHILE(CONCERN_PROCESS, int, listen, (int fd, int backlog), (fd, backlog))
{
    return listen_on(NEXT(listen), fd, backlog);
}
