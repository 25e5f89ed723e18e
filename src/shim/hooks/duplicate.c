/* SPDX-License-Identifier: MIT */
/* A second descriptor of a socket, or a stream over it, is used where no record and no hook is. */
#include "shim/hooks/wait_hook.h"

#include "shim/ending.h"
#include "shim/hooks/inner.h"
#include "shim/sharing.h"

#include <stdarg.h>

int duplicate(dup_fn *next, int fd)
{
    sharing_before(fd);
    return sharing_after(fd, next(fd));
}

HOOK_WHILE(CONCERN_DESCRIPTORS, int, dup, (int fd), (fd))
{
    return duplicate(NEXT(dup), fd);
}

/* The number that the program wants may be one of the shim's: what lingers there moves on. */
int replace(dup3_fn *next, int from, int to, int flags)
{
    int saved = errno;
    if (machine_is_ours(from))
        return hook_fail(EBADF);
    sharing_before(from);
    if (from != to && !ending_close(to))
        machine_give_way(to);
    errno = saved;
    return sharing_after(from, next(from, to, flags));
}

static int next_dup2(int from, int to, int flags)
{
    (void)flags;
    return NEXT(dup2)(from, to);
}

HOOK_WHILE(CONCERN_DESCRIPTORS, int, dup2, (int from, int to), (from, to))
{
    return replace(next_dup2, from, to, 0);
}

SHIM_ALIAS(dup2) __typeof__(dup2) __dup2;

HOOK_WHILE(CONCERN_DESCRIPTORS, int, dup3, (int from, int to, int flags), (from, to, flags))
{
    return replace(NEXT(dup3), from, to, flags);
}

/* What asks for the same lock without waiting; 0: this is none that waits. */
static int at_once_of(int command)
{
    return command == F_SETLKW       ? F_SETLK
           : command == F_SETLKW64   ? F_SETLK64
           : command == F_OFD_SETLKW ? F_OFD_SETLK
                                     : 0;
}

int control_file(fcntl_fn *next, int fd, int command, void *argument)
{
    bool duplicates = command == F_DUPFD || command == F_DUPFD_CLOEXEC;
    if (machine_is_ours(fd))
        return hook_fail(EBADF);
    if (duplicates)
        sharing_before(fd);
    else if (at_once_of(command))
        WAIT_ATTEMPTING(WAIT_RESTARTS, int, next(fd, at_once_of(command), argument), wait_is_taken);
    else if (command == F_SETFL && ((uintptr_t)argument & O_ASYNC) && !machine_idle())
        sharing_with_signals(fd);
    int result = next(fd, command, argument);
    return duplicates ? sharing_after(fd, result) : result;
}

/* Every command takes at most one argument, an integer or a pointer, which travels in one register.
 */
#define FCNTL_HOOK(name)                                                                           \
    static int next_##name(int fd, int command, void *argument)                                    \
    {                                                                                              \
        return NEXT(name)(fd, command, argument);                                                  \
    }                                                                                              \
    HOOK_VARIADIC_WHILE(CONCERN_DESCRIPTORS, int, name, (int fd, int command, void *argument),     \
                        (fd, command, argument))                                                   \
    {                                                                                              \
        return control_file(next_##name, fd, command, argument);                                   \
    }

FCNTL_HOOK(fcntl)
SHIM_ALIAS(fcntl) int __fcntl(int, int, void *);
FCNTL_HOOK(fcntl64)
#ifdef TFOSHIM_TIME64
FCNTL_HOOK(__fcntl_time64)
#endif

HOOK_WHILE(CONCERN_DESCRIPTORS, FILE *, fdopen, (int fd, const char *mode), (fd, mode))
{
    sharing_with_stream(fd);
    return NEXT(fdopen)(fd, mode);
}

SHIM_ALIAS(fdopen) __typeof__(fdopen) _IO_fdopen;

/* A write inside the C library that gives up where the kernel says EAGAIN: no handshake may be
 * under way. */
HOOK_WHILE(CONCERN_DESCRIPTORS, int, vdprintf,
           (int fd, const char *restrict format, va_list arguments), (fd, format, arguments))
{
    sharing_with_stream(fd);
    return NEXT(vdprintf)(fd, format, arguments);
}

HOOK_WHILE(CONCERN_DESCRIPTORS, int, __vdprintf_chk,
           (int fd, int flag, const char *format, va_list arguments), (fd, flag, format, arguments))
{
    sharing_with_stream(fd);
    return NEXT(__vdprintf_chk)(fd, flag, format, arguments);
}

SHIM_HOOK int dprintf(int fd, const char *restrict format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int result = vdprintf(fd, format, arguments);
    va_end(arguments);
    return result;
}

SHIM_HOOK int __dprintf_chk(int fd, int flag, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int result = __vdprintf_chk(fd, flag, format, arguments);
    va_end(arguments);
    return result;
}
