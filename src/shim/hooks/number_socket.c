/* SPDX-License-Identifier: MIT */
/* What is done with sockets alone, by its number. */
#include "shim/hook.h"

#include "shim/connecting.h"
#include "shim/hooks/by_number.h"
#include "shim/hooks/inner.h"
#include "shim/looking.h"

#include <stdarg.h>
#include <sys/syscall.h>

static int next_connect(int fd, const struct sockaddr *address, socklen_t length)
{
    return (int)NEXT(syscall)(SYS_connect, fd, address, length);
}

long CONNECT_by_number(const struct call *call)
{
    int state;
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &state); /* syscall() is no cancellation point */
    int result =
        connecting(next_connect, call_fd(call), call->a[1].pointer, (socklen_t)call->a[2].word);
    pthread_setcancelstate(state, NULL);
    return result;
}

long SOCKET_by_number(const struct call *call)
{
    const union argument *a = call->a;
    return socket_made((int)call_plainly(call), (int)a[0].word, (int)a[1].word, (int)a[2].word);
}

/* accept() is accept4() with no flags; not every machine has the former. */
static int next_accept4(int fd, struct sockaddr *address, socklen_t *length, int flags)
{
    return (int)NEXT(syscall)(SYS_accept4, fd, address, length, flags);
}

long ACCEPT_by_number(const struct call *call)
{
    const union argument *a = call->a;
    int flags = call->number == SYS_accept4 ? (int)a[3].word : 0;
    return take_connection(next_accept4, call_fd(call), a[1].pointer, a[2].pointer, flags);
}

static int next_bind(int fd, const struct sockaddr *address, socklen_t length)
{
    return (int)NEXT(syscall)(SYS_bind, fd, address, length);
}

static int next_listen(int fd, int backlog)
{
    return (int)NEXT(syscall)(SYS_listen, fd, backlog);
}

long LISTEN_by_number(const struct call *call)
{
    const union argument *a = call->a;
    return call->number == SYS_bind
               ? bind_socket(next_bind, call_fd(call), a[1].pointer, (socklen_t)a[2].word)
               : listen_on(next_listen, call_fd(call), (int)a[1].word);
}

static int next_getpeername(int fd, struct sockaddr *address, socklen_t *length)
{
    return (int)NEXT(syscall)(SYS_getpeername, fd, address, length);
}

static int next_getsockname(int fd, struct sockaddr *address, socklen_t *length)
{
    return (int)NEXT(syscall)(SYS_getsockname, fd, address, length);
}

long NAME_by_number(const struct call *call)
{
    const union argument *a = call->a;
    return call->number == SYS_getpeername
               ? looking_peer(next_getpeername, call_fd(call), a[1].pointer, a[2].pointer)
               : looking_name(next_getsockname, call_fd(call), a[1].pointer, a[2].pointer);
}

static int next_ioctl(int fd, unsigned long request, ...)
{
    va_list arguments;
    va_start(arguments, request);
    void *argument = va_arg(arguments, void *);
    va_end(arguments);
    return (int)NEXT(syscall)(SYS_ioctl, fd, request, argument);
}

static int next_getsockopt(int fd, int level, int name, void *value, socklen_t *length)
{
    return (int)NEXT(syscall)(SYS_getsockopt, fd, level, name, value, length);
}

static int next_setsockopt(int fd, int level, int name, const void *value, socklen_t length)
{
    return (int)NEXT(syscall)(SYS_setsockopt, fd, level, name, value, length);
}

long OPTION_by_number(const struct call *call)
{
    const union argument *a = call->a;
    int level = (int)a[1].word, name = (int)a[2].word;
    if (call->number == SYS_ioctl)
        return looking_control(next_ioctl, call_fd(call), (unsigned long)a[1].word, a[2].pointer);
    return call->number == SYS_getsockopt
               ? looking_option(next_getsockopt, call_fd(call), level, name, a[3].pointer,
                                a[4].pointer)
               : looking_set_option(next_setsockopt, call_fd(call), level, name, a[3].pointer,
                                    (socklen_t)a[4].word);
}
