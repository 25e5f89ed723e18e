/* SPDX-License-Identifier: MIT */
#include "shim/unflushed.h"

#include "shim/own.h"

#include <dlfcn.h>
#include <stdatomic.h>

static __thread const FILE *closing;
static atomic_bool exits;

void unflushed_closing(const FILE *stream)
{
    closing = stream;
}

void unflushed_at_exit(void)
{
    atomic_store(&exits, true);
}

#ifdef __GLIBC__
static bool holds(const FILE *stream, int fd)
{
    return stream->_fileno == fd && stream->_IO_write_ptr > stream->_IO_write_base;
}

/* As exit() itself, without their locks: another thread may be stopped within one. */
static bool any_holds(int fd)
{
    FILE *const *all = dlsym(RTLD_DEFAULT, "_IO_list_all");
    for (const FILE *stream = all ? *all : NULL; stream; stream = stream->_chain)
        if (holds(stream, fd))
            return true;
    return false;
}
#else
#include <stdio_ext.h>

static bool holds(const FILE *stream, int fd)
{
    return fileno((FILE *)stream) == fd && __fpending((FILE *)stream) > 0;
}

/* musl keeps their list to itself: where a stream was made for a connection, it may be any. */
static bool any_holds(int fd)
{
    return own_may_be(OWN_STREAMED) || holds(stdout, fd);
}
#endif

bool unflushed_is(int fd)
{
    if (closing && holds(closing, fd))
        return true;
    return atomic_load(&exits) && any_holds(fd);
}
