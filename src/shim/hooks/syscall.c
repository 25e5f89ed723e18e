/* SPDX-License-Identifier: MIT */
/*
 * syscall(): programs reach the hooked calls by number too; libuv closes that way, to close without
 * a cancellation point. The real call stays a system call, for another preloaded library may make
 * the call of which it takes the place: what the hooks do is done around it.
 */
#include "shim/hook.h"

#include "shim/hooks/inner.h"

#include <stdarg.h>
#include <sys/syscall.h>

static long call(long number, const union argument a[6])
{
    return NEXT(syscall)(number, a[0].word, a[1].word, a[2].word, a[3].word, a[4].word, a[5].word);
}

static long read_by_number(long number, const union argument a[6], int flags)
{
    int fd = (int)a[0].word;
    if (!connection_concerns(fd))
        return call(number, a);
    int error = connection_before_read(fd, flags);
    if (error)
        return hook_fail(error);
    long result = call(number, a);
    connection_after(fd, result);
    return result;
}

static long write_by_number(long number, const union argument a[6], struct iovec *parts,
                            size_t count, int flags)
{
    int state;
    ssize_t result;
    if (!connection_concerns((int)a[0].word))
        return call(number, a);
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &state); /* syscall() is no cancellation point */
    bool done = wrote((int)a[0].word, parts, count, flags, &result);
    pthread_setcancelstate(state, NULL);
    if (done)
        return result;
    result = call(number, a);
    connection_after((int)a[0].word, result);
    return result;
}

static ssize_t next_sendmsg(int fd, const struct msghdr *message, int flags)
{
    return NEXT(syscall)(SYS_sendmsg, fd, message, flags);
}

static int next_sendmmsg(int fd, struct mmsghdr *messages, unsigned count, int flags)
{
    return (int)NEXT(syscall)(SYS_sendmmsg, fd, messages, count, flags);
}

static long send_by_number(long number, const union argument a[6])
{
    int state;
    if (!connection_any() && !wait_thread_defers())
        return call(number, a);
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &state);
    long result = number == SYS_sendmsg
                      ? send_message(next_sendmsg, (int)a[0].word, a[1].pointer, (int)a[2].word)
                      : send_messages(next_sendmmsg, (int)a[0].word, a[1].pointer,
                                      (unsigned)a[2].word, (int)a[3].word);
    pthread_setcancelstate(state, NULL);
    return result;
}

static int next_getpeername(int fd, struct sockaddr *address, socklen_t *length)
{
    return (int)NEXT(syscall)(SYS_getpeername, fd, address, length);
}

static int next_getsockopt(int fd, int level, int name, void *value, socklen_t *length)
{
    return (int)NEXT(syscall)(SYS_getsockopt, fd, level, name, value, length);
}

static int next_setsockopt(int fd, int level, int name, const void *value, socklen_t length)
{
    return (int)NEXT(syscall)(SYS_setsockopt, fd, level, name, value, length);
}

/* The calls of which the hooks see more than the beginning. */
static long call_around(long number, const union argument a[6])
{
    int fd = (int)a[0].word;
    struct iovec part = {a[1].pointer, (size_t)a[2].word};
    switch (number) {
    case SYS_read:
    case SYS_readv:
    case SYS_preadv2:
        return read_by_number(number, a, 0);
    case SYS_recvfrom:
    case SYS_recvmmsg:
#ifdef SYS_recvmmsg_time64
    case SYS_recvmmsg_time64:
#endif
        return read_by_number(number, a, (int)a[3].word);
    case SYS_recvmsg:
        return read_by_number(number, a, (int)a[2].word);
    case SYS_write:
        return write_by_number(number, a, &part, 1, 0);
    case SYS_sendto:
        return write_by_number(number, a, &part, 1, (int)a[3].word);
    case SYS_writev:
        return a[2].word < 0 ? call(number, a)
                             : write_by_number(number, a, a[1].pointer, (size_t)a[2].word, 0);
    case SYS_sendmsg:
    case SYS_sendmmsg:
        return send_by_number(number, a);
    case SYS_getpeername:
        return get_peer_name(next_getpeername, fd, a[1].pointer, a[2].pointer);
    case SYS_getsockopt:
        return get_option(next_getsockopt, fd, (int)a[1].word, (int)a[2].word, a[3].pointer,
                          a[4].pointer);
    case SYS_setsockopt:
        return set_option(next_setsockopt, fd, (int)a[1].word, (int)a[2].word, a[3].pointer,
                          (socklen_t)a[4].word);
    default:
        return call(number, a);
    }
}

SHIM_HOOK long syscall(long number, ...)
{
    union argument a[6];
    va_list arguments;
    va_start(arguments, number);
    for (int i = 0; i < 6; i++)
        a[i].word = va_arg(arguments, long);
    va_end(arguments);
    int error = before_syscall(number, a);
    return error ? hook_fail(error) : call_around(number, a);
}
