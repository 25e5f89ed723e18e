/* SPDX-License-Identifier: MIT */
#include "shim/hook.h"

#include "shim/ending.h"
#include "shim/hooks/inner.h"
#include "shim/shim.h"
#include "shim/unflushed.h"

#include <limits.h>

/* CLOSE_RANGE_CLOEXEC, with which nothing is closed yet. */
#define ONLY_MARKS 4

int shut_down(shutdown_fn *next, int fd, int how)
{
    return ending_shutdown(fd, how) ? 0 : next(fd, how);
}

HOOK_WHILE(CONCERN_CONNECTIONS, int, shutdown, (int fd, int how), (fd, how))
{
    return shut_down(NEXT(shutdown), fd, how);
}

int close_descriptor(close_fn *next, int fd)
{
    int saved = errno;
    if (!ending_close(fd))
        return hook_fail(EBADF);
    errno = saved;
    return next(fd);
}

HOOK_WHILE(CONCERN_DESCRIPTORS, int, close, (int fd), (fd))
{
    return close_descriptor(NEXT(close), fd);
}

SHIM_ALIAS(close) __typeof__(close) __close;

/* The C library closes its descriptor where no hook sees it, and flushes it before. */
HOOK_WHILE(CONCERN_DESCRIPTORS, int, fclose, (FILE * stream), (stream))
{
    int saved = errno;
    unflushed_closing(stream);
    ending_close(fileno(stream));
    unflushed_closing(NULL);
    errno = saved;
    return NEXT(fclose)(stream);
}

SHIM_ALIAS(fclose) __typeof__(fclose) _IO_fclose;

/* The shim's own descriptors stay: the ranges between them are closed. */
static int close_between_ours(close_range_fn *next, unsigned first, unsigned last, int flags)
{
    unsigned ours = RECORD_CONNECTIONS; /* it holds none beyond */
    for (unsigned fd = first; fd <= last && fd < ours; fd++) {
        if (!machine_is_ours((int)fd))
            continue;
        if (fd > first && next(first, fd - 1, flags) != 0)
            return -1;
        first = fd + 1;
    }
    return first <= last ? next(first, last, flags) : 0;
}

/* What lingers is known when the range has been ended: that may have begun it. */
int close_range_of(close_range_fn *next, unsigned first, unsigned last, int flags)
{
    if (!shim.active || (flags & ONLY_MARKS))
        return next(first, last, flags);
    ending_range(first, last);
    if (!pending_any() || first > last)
        return next(first, last, flags);
    return close_between_ours(next, first, last, flags);
}

HOOK_WHILE(CONCERN_DESCRIPTORS, int, close_range, (unsigned first, unsigned last, int flags),
           (first, last, flags))
{
    return close_range_of(NEXT(close_range), first, last, flags);
}

HOOK_WHILE(CONCERN_DESCRIPTORS, void, closefrom, (int first), (first))
{
    unsigned from = first < 0 ? 0 : (unsigned)first;
    if (shim.active)
        ending_range(from, UINT_MAX);
    if (shim.active && pending_any())
        close_between_ours(NEXT(close_range), from, UINT_MAX, 0);
    else
        NEXT(closefrom)(first);
}
