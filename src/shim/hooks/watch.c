/* SPDX-License-Identifier: MIT */
#include "shim/hook.h"

#include "shim/hooks/inner.h"

int epoll_made(int epoll)
{
    return epoll;
}

SHIM_HOOK int epoll_create(int size)
{
    return epoll_made(NEXT(epoll_create)(size));
}

SHIM_HOOK int epoll_create1(int flags)
{
    return epoll_made(NEXT(epoll_create1)(flags));
}
