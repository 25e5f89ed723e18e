/* SPDX-License-Identifier: MIT */
/*
 * Preloaded before the shim, it makes the program's calls on sockets by their numbers: whoever does
 * so must fare as those who call the C library's functions.
 */
#include <fcntl.h>
#include <sched.h>
#include <stdarg.h>
#include <sys/epoll.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

int connect(int fd, const struct sockaddr *address, socklen_t length)
{
    return (int)syscall(SYS_connect, fd, address, length);
}

int bind(int fd, const struct sockaddr *address, socklen_t length)
{
    return (int)syscall(SYS_bind, fd, address, length);
}

int listen(int fd, int backlog)
{
    return (int)syscall(SYS_listen, fd, backlog);
}

int epoll_ctl(int epoll, int operation, int fd, struct epoll_event *event)
{
    return (int)syscall(SYS_epoll_ctl, epoll, operation, fd, event);
}

int sched_yield(void)
{
    return (int)syscall(SYS_sched_yield);
}

ssize_t read(int fd, void *bytes, size_t length)
{
    return syscall(SYS_read, fd, bytes, length);
}

ssize_t readv(int fd, const struct iovec *parts, int count)
{
    return syscall(SYS_readv, fd, parts, count);
}

ssize_t recv(int fd, void *bytes, size_t length, int flags)
{
    return syscall(SYS_recvfrom, fd, bytes, length, flags, NULL, NULL);
}

ssize_t recvfrom(int fd, void *restrict bytes, size_t length, int flags,
                 struct sockaddr *restrict from, socklen_t *restrict size)
{
    return syscall(SYS_recvfrom, fd, bytes, length, flags, from, size);
}

ssize_t recvmsg(int fd, struct msghdr *message, int flags)
{
    return syscall(SYS_recvmsg, fd, message, flags);
}

int recvmmsg(int fd, struct mmsghdr *messages, unsigned count, int flags, struct timespec *timeout)
{
    return (int)syscall(SYS_recvmmsg, fd, messages, count, flags, timeout);
}

ssize_t write(int fd, const void *bytes, size_t length)
{
    return syscall(SYS_write, fd, bytes, length);
}

ssize_t writev(int fd, const struct iovec *parts, int count)
{
    return syscall(SYS_writev, fd, parts, count);
}

ssize_t pwritev2(int fd, const struct iovec *parts, int count, off_t offset, int flags)
{
    return syscall(SYS_pwritev2, fd, parts, count, offset, 0, flags);
}

ssize_t send(int fd, const void *bytes, size_t length, int flags)
{
    return syscall(SYS_sendto, fd, bytes, length, flags, NULL, 0);
}

ssize_t sendto(int fd, const void *bytes, size_t length, int flags, const struct sockaddr *to,
               socklen_t size)
{
    return syscall(SYS_sendto, fd, bytes, length, flags, to, size);
}

ssize_t sendmsg(int fd, const struct msghdr *message, int flags)
{
    return syscall(SYS_sendmsg, fd, message, flags);
}

int sendmmsg(int fd, struct mmsghdr *messages, unsigned count, int flags)
{
    return (int)syscall(SYS_sendmmsg, fd, messages, count, flags);
}

ssize_t sendfile(int out, int in, off_t *offset, size_t count)
{
    return syscall(SYS_sendfile, out, in, offset, count);
}

ssize_t splice(int in, off64_t *in_offset, int out, off64_t *out_offset, size_t length,
               unsigned flags)
{
    return syscall(SYS_splice, in, in_offset, out, out_offset, length, flags);
}

ssize_t tee(int in, int out, size_t length, unsigned flags)
{
    return syscall(SYS_tee, in, out, length, flags);
}

int close(int fd)
{
    return (int)syscall(SYS_close, fd);
}

int shutdown(int fd, int how)
{
    return (int)syscall(SYS_shutdown, fd, how);
}

int dup(int fd)
{
    return (int)syscall(SYS_dup, fd);
}

int dup2(int from, int to)
{
    return from == to ? (int)syscall(SYS_fcntl, from, F_GETFD) < 0 ? -1 : to
                      : (int)syscall(SYS_dup3, from, to, 0);
}

int dup3(int from, int to, int flags)
{
    return (int)syscall(SYS_dup3, from, to, flags);
}

int fcntl(int fd, int command, ...)
{
    va_list arguments;
    va_start(arguments, command);
    void *argument = va_arg(arguments, void *);
    va_end(arguments);
    return (int)syscall(SYS_fcntl, fd, command, argument);
}

int getpeername(int fd, struct sockaddr *restrict address, socklen_t *restrict length)
{
    return (int)syscall(SYS_getpeername, fd, address, length);
}

int getsockname(int fd, struct sockaddr *restrict address, socklen_t *restrict length)
{
    return (int)syscall(SYS_getsockname, fd, address, length);
}

int getsockopt(int fd, int level, int name, void *restrict value, socklen_t *restrict length)
{
    return (int)syscall(SYS_getsockopt, fd, level, name, value, length);
}

int setsockopt(int fd, int level, int name, const void *value, socklen_t length)
{
    return (int)syscall(SYS_setsockopt, fd, level, name, value, length);
}

int accept(int fd, struct sockaddr *restrict address, socklen_t *restrict length)
{
    return (int)syscall(SYS_accept4, fd, address, length, 0);
}

int accept4(int fd, struct sockaddr *restrict address, socklen_t *restrict length, int flags)
{
    return (int)syscall(SYS_accept4, fd, address, length, flags);
}
