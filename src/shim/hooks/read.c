/* SPDX-License-Identifier: MIT */
/* A program that reads first needs its SYN on the wire; one that waits for another descriptor may
 * be waiting for what a connection it has deferred would bring about. */
#include "shim/hook.h"

#include "shim/hooks/inner.h"
#include "shim/listener.h"
#include "shim/policy_change.h"
#include "shim/reading.h"

/* The one shape of all of them. */
#define READ_CALL(fd, flags, call)                                                                 \
    do {                                                                                           \
        ssize_t result;                                                                            \
        if (!reading(fd, flags, &result))                                                          \
            result = have_read(fd, flags, call);                                                   \
        return (__typeof__(call))result;                                                           \
    } while (0)

HOOK_WHILE(CONCERN_CONNECTIONS, ssize_t, read, (int fd, void *buffer, size_t size),
           (fd, buffer, size))
{
    READ_CALL(fd, 0, NEXT(read)(fd, buffer, size));
}

SHIM_ALIAS(read) __typeof__(read) __read;

HOOK_WHILE(CONCERN_CONNECTIONS, ssize_t, __read_chk,
           (int fd, void *buffer, size_t size, size_t buffer_size), (fd, buffer, size, buffer_size))
{
    READ_CALL(fd, 0, NEXT(__read_chk)(fd, buffer, size, buffer_size));
}

HOOK_WHILE(CONCERN_CONNECTIONS, ssize_t, readv, (int fd, const struct iovec *parts, int count),
           (fd, parts, count))
{
    READ_CALL(fd, 0, NEXT(readv)(fd, parts, count));
}

HOOK_WHILE(CONCERN_CONNECTIONS, ssize_t, preadv2,
           (int fd, const struct iovec *parts, int count, off_t offset, int flags),
           (fd, parts, count, offset, flags))
{
    READ_CALL(fd, 0, NEXT(preadv2)(fd, parts, count, offset, flags));
}

HOOK_WHILE(CONCERN_CONNECTIONS, ssize_t, preadv64v2,
           (int fd, const struct iovec *parts, int count, off64_t offset, int flags),
           (fd, parts, count, offset, flags))
{
    READ_CALL(fd, 0, NEXT(preadv64v2)(fd, parts, count, offset, flags));
}

HOOK_WHILE(CONCERN_CONNECTIONS, ssize_t, recv, (int fd, void *buffer, size_t size, int flags),
           (fd, buffer, size, flags))
{
    READ_CALL(fd, flags, NEXT(recv)(fd, buffer, size, flags));
}

HOOK_WHILE(CONCERN_CONNECTIONS, ssize_t, __recv_chk,
           (int fd, void *buffer, size_t size, size_t buffer_size, int flags),
           (fd, buffer, size, buffer_size, flags))
{
    READ_CALL(fd, flags, NEXT(__recv_chk)(fd, buffer, size, buffer_size, flags));
}

HOOK_WHILE(CONCERN_CONNECTIONS, ssize_t, recvfrom,
           (int fd, void *buffer, size_t size, int flags, struct sockaddr *from, socklen_t *length),
           (fd, buffer, size, flags, from, length))
{
    READ_CALL(fd, flags, NEXT(recvfrom)(fd, buffer, size, flags, from, length));
}

HOOK_WHILE(CONCERN_CONNECTIONS, ssize_t, __recvfrom_chk,
           (int fd, void *buffer, size_t size, size_t buffer_size, int flags, struct sockaddr *from,
            socklen_t *length),
           (fd, buffer, size, buffer_size, flags, from, length))
{
    READ_CALL(fd, flags, NEXT(__recvfrom_chk)(fd, buffer, size, buffer_size, flags, from, length));
}

HOOK_WHILE(CONCERN_CONNECTIONS, ssize_t, recvmsg, (int fd, struct msghdr *message, int flags),
           (fd, message, flags))
{
    READ_CALL(fd, flags, NEXT(recvmsg)(fd, message, flags));
}

HOOK_SYMBOL_WHILE(CONCERN_CONNECTIONS, int, recvmmsg,
                  (int fd, struct mmsghdr *messages, unsigned count, int flags,
                   struct timespec *timeout),
                  (fd, messages, count, flags, timeout))
{
    READ_CALL(fd, flags, NEXT(recvmmsg)(fd, messages, count, flags, timeout));
}

#ifdef TFOSHIM_TIME64
HOOK_WHILE(CONCERN_CONNECTIONS, ssize_t, __recvmsg64, (int fd, struct msghdr *message, int flags),
           (fd, message, flags))
{
    READ_CALL(fd, flags, NEXT(__recvmsg64)(fd, message, flags));
}

HOOK_WHILE(CONCERN_CONNECTIONS, int, __recvmmsg64,
           (int fd, struct mmsghdr *messages, unsigned count, int flags,
            struct timespec64 *timeout),
           (fd, messages, count, flags, timeout))
{
    READ_CALL(fd, flags, NEXT(__recvmmsg64)(fd, messages, count, flags, timeout));
}
#endif

/* accept() may wait for this thread's own connect. A record of the number that it gives out is of a
 * socket that no hook has seen closed. */
int take_connection(accept_fn *next, int fd, struct sockaddr *address, socklen_t *length, int flags)
{
    struct record former;
    if (!waiting_before_call(fd, POLLIN))
        return -1;
    if (!record_present(&record_notes, fd))
        listener_accept(fd);
    int connection = next(fd, address, length, flags);
    if (connection >= 0) {
        machine_find(connection, &former);
        policy_change_look();
    }
    if (connection >= 0 && record_present(&record_notes, fd))
        listener_accepted(fd, connection);
    else if (connection < 0 && errno == EAGAIN)
        waiting_looked();
    return connection;
}

static int next_accept(int fd, struct sockaddr *address, socklen_t *length, int flags)
{
    (void)flags;
    return NEXT(accept)(fd, address, length);
}

HOOK_WHILE(CONCERN_PROCESS, int, accept, (int fd, struct sockaddr *address, socklen_t *length),
           (fd, address, length))
{
    return take_connection(next_accept, fd, address, length, 0);
}

HOOK_WHILE(CONCERN_PROCESS, int, accept4,
           (int fd, struct sockaddr *address, socklen_t *length, int flags),
           (fd, address, length, flags))
{
    return take_connection(NEXT(accept4), fd, address, length, flags);
}
