/* SPDX-License-Identifier: MIT */
/* A second descriptor of a socket, or a stream over it, is used where no record and no hook is. */
#include "shim/hook.h"

#include "shim/hooks/inner.h"

#include <stdarg.h>

SHIM_HOOK int dup(int fd)
{
    connection_before_sharing(fd);
    return NEXT(dup)(fd);
}

void before_replacing(int from, int to)
{
    connection_before_sharing(from);
    if (from != to)
        connection_before_close(to);
}

SHIM_HOOK int dup2(int from, int to)
{
    before_replacing(from, to);
    return NEXT(dup2)(from, to);
}

SHIM_ALIAS(dup2) __typeof__(dup2) __dup2;

SHIM_HOOK int dup3(int from, int to, int flags)
{
    before_replacing(from, to);
    return NEXT(dup3)(from, to, flags);
}

void before_fcntl(int fd, int command)
{
    if (command == F_DUPFD || command == F_DUPFD_CLOEXEC)
        connection_before_sharing(fd);
    else if (command == F_SETLKW || command == F_SETLKW64 || command == F_OFD_SETLKW)
        wait_start_all();
}

/* Every command takes at most one argument, an integer or a pointer, which travels in one register.
 */
SHIM_HOOK int fcntl(int fd, int command, ...)
{
    va_list arguments;
    va_start(arguments, command);
    void *argument = va_arg(arguments, void *);
    va_end(arguments);
    before_fcntl(fd, command);
    return NEXT(fcntl)(fd, command, argument);
}

SHIM_ALIAS(fcntl) __typeof__(fcntl) __fcntl;

SHIM_HOOK int fcntl64(int fd, int command, ...)
{
    va_list arguments;
    va_start(arguments, command);
    void *argument = va_arg(arguments, void *);
    va_end(arguments);
    before_fcntl(fd, command);
    return NEXT(fcntl64)(fd, command, argument);
}

#ifdef TFOSHIM_TIME64
SHIM_HOOK int __fcntl_time64(int fd, int command, ...)
{
    va_list arguments;
    va_start(arguments, command);
    void *argument = va_arg(arguments, void *);
    va_end(arguments);
    before_fcntl(fd, command);
    return NEXT(__fcntl_time64)(fd, command, argument);
}
#endif

SHIM_HOOK FILE *fdopen(int fd, const char *mode)
{
    connection_before_sharing(fd);
    return NEXT(fdopen)(fd, mode);
}

/* A write inside the C library that gives up where the kernel says EAGAIN: no handshake may be
 * under way. */
SHIM_HOOK int vdprintf(int fd, const char *restrict format, va_list arguments)
{
    connection_before_sharing(fd);
    return NEXT(vdprintf)(fd, format, arguments);
}

SHIM_HOOK int __vdprintf_chk(int fd, int flag, const char *format, va_list arguments)
{
    connection_before_sharing(fd);
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
