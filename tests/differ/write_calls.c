/* SPDX-License-Identifier: MIT */
#include "write_calls.h"

#include <aio.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

static struct msghdr *message_of(const struct output *out, struct iovec pieces[2],
                                 struct msghdr *message)
{
    size_t half = out->size / 2;
    pieces[0] = (struct iovec){out->bytes, half};
    pieces[1] = (struct iovec){out->bytes + half, out->size - half};
    *message = (struct msghdr){.msg_iov = pieces, .msg_iovlen = 2};
    return message;
}

static long by_write(const struct output *out)
{
    if (out->number)
        return syscall(SYS_write, out->slot->fd, out->bytes, out->size);
    return write(out->slot->fd, out->bytes, out->size);
}

static long by_writev(const struct output *out)
{
    struct iovec pieces[2];
    struct msghdr message;
    message_of(out, pieces, &message);
    if (out->number)
        return syscall(SYS_writev, out->slot->fd, pieces, 2);
    return writev(out->slot->fd, pieces, 2);
}

static long by_pwritev2(const struct output *out)
{
    struct iovec pieces[2];
    struct msghdr message;
    message_of(out, pieces, &message);
    /* cppcheck-suppress invalidFunctionArg */
    return pwritev2(out->slot->fd, pieces, 2, -1, 0);
}

static long send_with(const struct output *out, int flags)
{
    if (out->number)
        return syscall(SYS_sendto, out->slot->fd, out->bytes, out->size, flags, NULL, 0);
    return send(out->slot->fd, out->bytes, out->size, flags);
}

static long by_send(const struct output *out)
{
    return send_with(out, 0);
}

static long by_nosignal(const struct output *out)
{
    return send_with(out, MSG_NOSIGNAL);
}

static long by_dontwait(const struct output *out)
{
    return send_with(out, MSG_DONTWAIT | MSG_NOSIGNAL);
}

static long by_more(const struct output *out)
{
    return send_with(out, MSG_MORE);
}

static long by_oob(const struct output *out)
{
    return send_with(out, MSG_OOB);
}

static long by_sendto(const struct output *out)
{
    return sendto(out->slot->fd, out->bytes, out->size, 0, NULL, 0);
}

static long by_sendmsg(const struct output *out)
{
    struct iovec pieces[2];
    struct msghdr message;
    message_of(out, pieces, &message);
    if (out->number)
        return syscall(SYS_sendmsg, out->slot->fd, &message, 0);
    return sendmsg(out->slot->fd, &message, 0);
}

/* A control message that no kernel takes. */
static long by_badcontrol(const struct output *out)
{
    union {
        char room[CMSG_SPACE(sizeof(int))];
        struct cmsghdr align;
    } control = {.align = {.cmsg_len = 1, .cmsg_level = SOL_SOCKET, .cmsg_type = 12345}};
    struct iovec pieces[2];
    struct msghdr message;

    message_of(out, pieces, &message);
    message.msg_control = &control;
    message.msg_controllen = sizeof control;
    return sendmsg(out->slot->fd, &message, 0);
}

static long by_sendmmsg(const struct output *out)
{
    struct iovec pieces[2];
    struct mmsghdr messages[2] = {0};
    int count;
    message_of(out, pieces, &messages[0].msg_hdr);
    messages[0].msg_hdr.msg_iovlen = 1;
    messages[1].msg_hdr = (struct msghdr){.msg_iov = pieces + 1, .msg_iovlen = 1};
    count = out->number ? (int)syscall(SYS_sendmmsg, out->slot->fd, messages, 2, 0)
                        : sendmmsg(out->slot->fd, messages, 2, 0);
    if (count < 0)
        return -1;
    return (long)messages[0].msg_len + (count > 1 ? (long)messages[1].msg_len : 0);
}

static int memory_file(const struct output *out)
{
    int fd = memfd_create("payload", MFD_CLOEXEC);
    if (fd < 0 || pwrite(fd, out->bytes, out->size, 0) != (ssize_t)out->size)
        err(2, "cannot make a memory file");
    return fd;
}

static long by_sendfile(const struct output *out)
{
    int file = memory_file(out);
    off_t offset = 0;
    long result = out->number ? syscall(SYS_sendfile, out->slot->fd, file, &offset, out->size)
                              : sendfile(out->slot->fd, file, &offset, out->size);
    int error = errno;
    close(file);
    errno = error;
    return result;
}

static long by_splice(const struct output *out)
{
    int file = memory_file(out);
    int ends[2];
    loff_t offset = 0;
    long result;
    int error;
    if (pipe2(ends, O_CLOEXEC) != 0)
        err(2, "cannot make a pipe");
    result = splice(file, &offset, ends[1], NULL, out->size, 0);
    result = splice(ends[0], NULL, out->slot->fd, NULL, (size_t)result, 0);
    error = errno;
    close(file);
    close(ends[0]);
    close(ends[1]);
    errno = error;
    return result;
}

static long by_dprintf(const struct output *out)
{
    return dprintf(out->slot->fd, "%.*s", (int)out->size, (char *)out->bytes);
}

static long by_fwrite(const struct output *out)
{
    size_t done = out->slot->stream ? fwrite(out->bytes, 1, out->size, out->slot->stream) : 0;
    if (!out->slot->stream)
        errno = EBADF;
    return done == out->size && fflush(out->slot->stream) == 0 ? (long)done : -1;
}

static long by_aio(const struct output *out)
{
    struct aiocb block = {
        .aio_fildes = out->slot->fd, .aio_buf = out->bytes, .aio_nbytes = out->size};
    const struct aiocb *list[] = {&block};
    if (aio_write(&block) != 0)
        return -1;
    while (aio_error(&block) == EINPROGRESS)
        (void)aio_suspend(list, 1, NULL); /* cppcheck-suppress ignoredReturnValue */
    errno = aio_error(&block);
    return errno ? -1 : aio_return(&block);
}

/* A pointer that no kernel follows. */
static long by_badpointer(const struct output *out)
{
    return write(out->slot->fd, (const void *)4, out->size); /* NOLINT */
}

const struct write_call write_calls[] = {
    {"write", by_write},
    {"writev", by_writev},
    {"pwritev2", by_pwritev2},
    {"send", by_send},
    {"nosignal", by_nosignal},
    {"dontwait", by_dontwait},
    {"more", by_more},
    {"sendto", by_sendto},
    {"sendmsg", by_sendmsg},
    {"sendmmsg", by_sendmmsg},
    {"sendfile", by_sendfile},
    {"splice", by_splice},
    {"dprintf", by_dprintf},
    {"fwrite", by_fwrite},
    {"aio", by_aio},
    {"oob", by_oob},
    {"badcontrol", by_badcontrol},
    {"badpointer", by_badpointer},
    {NULL, NULL},
};
