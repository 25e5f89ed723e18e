/* SPDX-License-Identifier: MIT */
/* The calls whose first bytes may leave in the SYN. */
#include "shim/hook.h"

#include "shim/hooks/inner.h"
#include "shim/program_memory.h"

bool wrote(int fd, struct iovec *parts, size_t count, int flags, ssize_t *result)
{
    struct msghdr message = {.msg_iov = parts, .msg_iovlen = count};
    return connection_write(fd, &message, flags, result);
}

static ssize_t moved(int fd, ssize_t result)
{
    connection_after(fd, result);
    return result;
}

SHIM_HOOK ssize_t write(int fd, const void *bytes, size_t length)
{
    struct iovec part = {(void *)bytes, length};
    ssize_t result;
    if (!connection_concerns(fd))
        return NEXT(write)(fd, bytes, length);
    if (wrote(fd, &part, 1, 0, &result))
        return result;
    return moved(fd, NEXT(write)(fd, bytes, length));
}

SHIM_ALIAS(write) __typeof__(write) __write;

SHIM_HOOK ssize_t writev(int fd, const struct iovec *parts, int count)
{
    ssize_t result;
    if (!connection_concerns(fd))
        return NEXT(writev)(fd, parts, count);
    if (count >= 0 && wrote(fd, (struct iovec *)parts, (size_t)count, 0, &result))
        return result;
    return moved(fd, NEXT(writev)(fd, parts, count));
}

/* Without an offset it is writev(); with one the kernel refuses, as it does on any connection. */
SHIM_HOOK ssize_t pwritev2(int fd, const struct iovec *parts, int count, off_t offset, int flags)
{
    int error = before_bulk_write(fd);
    return error ? hook_fail(error) : moved(fd, NEXT(pwritev2)(fd, parts, count, offset, flags));
}

SHIM_HOOK ssize_t pwritev64v2(int fd, const struct iovec *parts, int count, off64_t offset,
                              int flags)
{
    int error = before_bulk_write(fd);
    return error ? hook_fail(error) : moved(fd, NEXT(pwritev64v2)(fd, parts, count, offset, flags));
}

SHIM_HOOK ssize_t send(int fd, const void *bytes, size_t length, int flags)
{
    struct iovec part = {(void *)bytes, length};
    ssize_t result;
    if (!connection_concerns(fd))
        return NEXT(send)(fd, bytes, length, flags);
    if (wrote(fd, &part, 1, flags, &result))
        return result;
    return moved(fd, NEXT(send)(fd, bytes, length, flags));
}

SHIM_ALIAS(send) __typeof__(send) __send;

SHIM_HOOK ssize_t sendto(int fd, const void *bytes, size_t length, int flags,
                         const struct sockaddr *address, socklen_t address_length)
{
    struct iovec part = {(void *)bytes, length};
    ssize_t result;
    if (!connection_concerns(fd))
        return NEXT(sendto)(fd, bytes, length, flags, address, address_length);
    if (wrote(fd, &part, 1, flags, &result))
        return result;
    return moved(fd, NEXT(sendto)(fd, bytes, length, flags, address, address_length));
}

ssize_t send_message(send_message_fn *next, int fd, const struct msghdr *message, int flags)
{
    ssize_t result;
    if (connection_any())
        connection_before_passing(message);
    if (!connection_concerns(fd))
        return next(fd, message, flags);
    if (program_memory_readable(message, sizeof *message) &&
        connection_write(fd, message, flags, &result))
        return result;
    return moved(fd, next(fd, message, flags));
}

SHIM_HOOK ssize_t sendmsg(int fd, const struct msghdr *message, int flags)
{
    return send_message(NEXT(sendmsg), fd, message, flags);
}

static size_t message_length(const struct msghdr *message)
{
    size_t length = 0;
    for (size_t i = 0; i < message->msg_iovlen; i++)
        length += message->msg_iov[i].iov_len;
    return length;
}

/* The first message opens the connection; the others follow as the plain call would send them,
 * unless it could only be sent in part. */
int send_messages(send_messages_fn *next, int fd, struct mmsghdr *messages, unsigned count,
                  int flags)
{
    ssize_t result;
    for (unsigned i = 0; connection_any() && i < count; i++)
        connection_before_passing(&messages[i].msg_hdr);
    if (!connection_concerns(fd))
        return next(fd, messages, count, flags);
    if (count == 0 || !program_memory_readable(messages, sizeof *messages) ||
        !connection_write(fd, &messages->msg_hdr, flags, &result))
        return next(fd, messages, count, flags);
    if (result < 0)
        return -1;
    messages->msg_len = (unsigned)result;
    int saved = errno;
    bool whole = (size_t)result == message_length(&messages->msg_hdr);
    int more = whole && count > 1 ? next(fd, messages + 1, count - 1, flags) : 0;
    errno = saved;
    return more > 0 ? 1 + more : 1;
}

SHIM_HOOK int sendmmsg(int fd, struct mmsghdr *messages, unsigned count, int flags)
{
    return send_messages(NEXT(sendmmsg), fd, messages, count, flags);
}

#ifdef TFOSHIM_TIME64
SHIM_HOOK ssize_t __sendmsg64(int fd, const struct msghdr *message, int flags)
{
    return send_message(NEXT(__sendmsg64), fd, message, flags);
}

SHIM_HOOK int __sendmmsg64(int fd, struct mmsghdr *messages, unsigned count, int flags)
{
    return send_messages(NEXT(__sendmmsg64), fd, messages, count, flags);
}
#endif
