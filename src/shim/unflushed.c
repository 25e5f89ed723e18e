/* SPDX-License-Identifier: MIT */
#include "shim/unflushed.h"

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

static bool holds(const FILE *stream, int fd)
{
    return stream->_fileno == fd && stream->_IO_write_ptr > stream->_IO_write_base;
}

bool unflushed_is(int fd)
{
    if (closing && holds(closing, fd))
        return true;
    if (!atomic_load(&exits))
        return false;
    /* As exit() itself, without their locks: another thread may be stopped within one. */
    FILE *const *all = dlsym(RTLD_DEFAULT, "_IO_list_all");
    for (const FILE *stream = all ? *all : NULL; stream; stream = stream->_chain)
        if (holds(stream, fd))
            return true;
    return false;
}
