/* SPDX-License-Identifier: MIT */
#include "shim/hook.h"

#include "shim/hooks/inner.h"
#include "shim/readiness.h"

/* Registering interest is no wait. */
int watch(epoll_ctl_fn *next, int epoll, int operation, int fd, struct epoll_event *event)
{
    if (machine_is_ours(epoll) || machine_is_ours(fd))
        return hook_fail(EBADF);
    readiness_watching(epoll, operation, fd);
    int result = next(epoll, operation, fd, event);
    if (result == 0)
        readiness_watched(epoll, operation, fd, event);
    return result;
}

HOOK_WHILE(CONCERN_DESCRIPTORS, int, epoll_ctl,
           (int epoll, int operation, int fd, struct epoll_event *event),
           (epoll, operation, fd, event))
{
    return watch(NEXT(epoll_ctl), epoll, operation, fd, event);
}

int epoll_made(int epoll)
{
    pending_epoll_made(epoll);
    return epoll;
}

HOOK_WHILE(CONCERN_PROCESS, int, epoll_create, (int size), (size))
{
    return epoll_made(NEXT(epoll_create)(size));
}

HOOK_WHILE(CONCERN_PROCESS, int, epoll_create1, (int flags), (flags))
{
    return epoll_made(NEXT(epoll_create1)(flags));
}
