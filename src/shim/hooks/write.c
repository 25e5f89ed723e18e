/* SPDX-License-Identifier: MIT */
/* The calls whose first bytes may leave in the SYN. */
#include "shim/hook.h"

#include "shim/hooks/inner.h"
#include "shim/program_memory.h"
#include "shim/sharing.h"
#include "shim/writing.h"

#include <string.h>

/* The one shape of those that take bytes. */
#define WRITE_CALL(fd, bytes, length, flags, call)                                                 \
    do {                                                                                           \
        ssize_t result;                                                                            \
        return writing_bytes(fd, bytes, length, flags, &result) ? result : written(fd, call);      \
    } while (0)

HOOK_WHILE(CONCERN_CONNECTIONS, ssize_t, write, (int fd, const void *bytes, size_t length),
           (fd, bytes, length))
{
    WRITE_CALL(fd, bytes, length, 0, NEXT(write)(fd, bytes, length));
}

SHIM_ALIAS(write) __typeof__(write) __write;

HOOK_WHILE(CONCERN_CONNECTIONS, ssize_t, writev, (int fd, const struct iovec *parts, int count),
           (fd, parts, count))
{
    struct msghdr message = {.msg_iov = (struct iovec *)parts, .msg_iovlen = (size_t)count};
    ssize_t result;
    return writing(fd, &message, 0, &result) ? result : written(fd, NEXT(writev)(fd, parts, count));
}

/* Without an offset it is writev(); with one the kernel refuses, as it does on any connection. */
HOOK_WHILE(CONCERN_CONNECTIONS, ssize_t, pwritev2,
           (int fd, const struct iovec *parts, int count, off_t offset, int flags),
           (fd, parts, count, offset, flags))
{
    int error = writing_in_bulk(fd);
    return error ? hook_fail(error) : written(fd, NEXT(pwritev2)(fd, parts, count, offset, flags));
}

HOOK_WHILE(CONCERN_CONNECTIONS, ssize_t, pwritev64v2,
           (int fd, const struct iovec *parts, int count, off64_t offset, int flags),
           (fd, parts, count, offset, flags))
{
    int error = writing_in_bulk(fd);
    return error ? hook_fail(error)
                 : written(fd, NEXT(pwritev64v2)(fd, parts, count, offset, flags));
}

HOOK_WHILE(CONCERN_CONNECTIONS, ssize_t, send,
           (int fd, const void *bytes, size_t length, int flags), (fd, bytes, length, flags))
{
    WRITE_CALL(fd, bytes, length, flags, NEXT(send)(fd, bytes, length, flags));
}

SHIM_ALIAS(send) __typeof__(send) __send;

HOOK_WHILE(CONCERN_CONNECTIONS, ssize_t, sendto,
           (int fd, const void *bytes, size_t length, int flags, const struct sockaddr *address,
            socklen_t address_length),
           (fd, bytes, length, flags, address, address_length))
{
    WRITE_CALL(fd, bytes, length, flags,
               NEXT(sendto)(fd, bytes, length, flags, address, address_length));
}

ssize_t send_message(send_message_fn *next, int fd, const struct msghdr *message, int flags)
{
    ssize_t result;
    sharing_by_message(message);
    if (machine_idle())
        return next(fd, message, flags);
    if (program_memory_readable(message, sizeof *message) && writing(fd, message, flags, &result))
        return result;
    return written(fd, next(fd, message, flags));
}

HOOK_WHILE(CONCERN_DESCRIPTORS, ssize_t, sendmsg, (int fd, const struct msghdr *message, int flags),
           (fd, message, flags))
{
    return send_message(NEXT(sendmsg), fd, message, flags);
}

/* So many parts of messages are put together on the stack. */
#define PARTS_MOST 64

/* The messages as one, whose parts lie in `parts`; false where they are too many, cannot be looked
 * at or carry more than bytes. */
static bool put_together(struct msghdr *all, struct iovec parts[PARTS_MOST],
                         struct mmsghdr *messages, unsigned count)
{
    *all = (struct msghdr){.msg_iov = parts};
    for (unsigned i = 0; i < count; i++) {
        const struct msghdr *one = &messages[i].msg_hdr;
        if (!program_memory_readable(&messages[i], sizeof *messages) || one->msg_controllen ||
            one->msg_iovlen > PARTS_MOST - all->msg_iovlen ||
            !program_memory_readable(one->msg_iov, one->msg_iovlen * sizeof *parts))
            return false;
        memcpy(parts + all->msg_iovlen, one->msg_iov, one->msg_iovlen * sizeof *parts);
        all->msg_iovlen += one->msg_iovlen;
    }
    return true;
}

/* How many of the messages the first `sent` bytes are, each with its length. */
static int share_out(struct mmsghdr *messages, unsigned count, size_t sent)
{
    unsigned i = 0;
    for (; i < count && (sent || i == 0); i++) {
        size_t length = 0;
        for (size_t part = 0; part < (size_t)messages[i].msg_hdr.msg_iovlen; part++)
            length += messages[i].msg_hdr.msg_iov[part].iov_len;
        messages[i].msg_len = (unsigned)(length < sent ? length : sent);
        sent -= messages[i].msg_len;
    }
    while (i < count && messages[i].msg_hdr.msg_iovlen == 0)
        messages[i++].msg_len = 0;
    return (int)i;
}

/* They go into the SYN all together, or none does. */
int send_messages(send_messages_fn *next, int fd, struct mmsghdr *messages, unsigned count,
                  int flags)
{
    struct iovec parts[PARTS_MOST];
    struct msghdr all;
    ssize_t result;
    for (unsigned i = 0; i < count && program_memory_readable(&messages[i], sizeof *messages); i++)
        sharing_by_message(&messages[i].msg_hdr);
    if (machine_idle() || count == 0)
        return next(fd, messages, count, flags);
    if (put_together(&all, parts, messages, count)) {
        if (writing(fd, &all, flags, &result))
            return result < 0 ? -1 : share_out(messages, count, (size_t)result);
    } else {
        int error = writing_in_bulk(fd);
        if (error)
            return hook_fail(error);
    }
    return (int)written(fd, next(fd, messages, count, flags));
}

HOOK_SYMBOL_WHILE(CONCERN_DESCRIPTORS, int, sendmmsg,
                  (int fd, struct mmsghdr *messages, unsigned count, int flags),
                  (fd, messages, count, flags))
{
    return send_messages((send_messages_fn *)NEXT(sendmmsg), fd, messages, count, flags);
}

#ifdef TFOSHIM_TIME64
HOOK_WHILE(CONCERN_DESCRIPTORS, ssize_t, __sendmsg64,
           (int fd, const struct msghdr *message, int flags), (fd, message, flags))
{
    return send_message(NEXT(__sendmsg64), fd, message, flags);
}

HOOK_WHILE(CONCERN_DESCRIPTORS, int, __sendmmsg64,
           (int fd, struct mmsghdr *messages, unsigned count, int flags),
           (fd, messages, count, flags))
{
    return send_messages(NEXT(__sendmmsg64), fd, messages, count, flags);
}
#endif
