/* SPDX-License-Identifier: MIT */
#include "shim/hook.h"

SHIM_HOOK int shutdown(int fd, int how)
{
    if (connection_recorded(fd))
        connection_before_shutdown(fd);
    return NEXT(shutdown)(fd, how);
}

SHIM_HOOK int close(int fd)
{
    connection_before_close(fd);
    return NEXT(close)(fd);
}

SHIM_ALIAS(close) __typeof__(close) __close;

/* With CLOSE_RANGE_CLOEXEC (4) nothing is closed yet. */
SHIM_HOOK int close_range(unsigned first, unsigned last, int flags)
{
    if (!(flags & 4))
        connection_before_close_range(first, last);
    return NEXT(close_range)(first, last, flags);
}

SHIM_HOOK void closefrom(int first)
{
    connection_before_close_range(first < 0 ? 0 : (unsigned)first, ~0u);
    NEXT(closefrom)(first);
}
