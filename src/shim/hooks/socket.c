/* SPDX-License-Identifier: MIT */
#include "shim/hook.h"

#include "shim/hooks/inner.h"
#include "shim/own.h"
#include "shim/shim.h"

/* What cannot be TCP is nobody's business, and costs its close() nothing. A record of that number
 * is of a socket that no hook has seen closed. */
int socket_made(int fd, int family, int type, int protocol)
{
    const int flags = SOCK_NONBLOCK | SOCK_CLOEXEC;
    struct record former;
    if (fd >= 0)
        machine_find(fd, &former);
    if (fd >= 0 && shim.active && (family == AF_INET || family == AF_INET6) &&
        (type & ~flags) == SOCK_STREAM && (protocol == 0 || protocol == IPPROTO_TCP))
        own_add(fd);
    return fd;
}

HOOK_WHILE(CONCERN_PROCESS, int, socket, (int family, int type, int protocol),
           (family, type, protocol))
{
    return socket_made(NEXT(socket)(family, type, protocol), family, type, protocol);
}
