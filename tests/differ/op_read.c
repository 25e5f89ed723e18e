/* SPDX-License-Identifier: MIT */
#include <err.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "interpret.h"

#define BUFFER (1 << 16)

struct input {
    struct slot *slot;
    unsigned char *bytes;
    size_t size;
    bool number;
};

static long by_read(const struct input *in)
{
    if (in->number)
        return syscall(SYS_read, in->slot->fd, in->bytes, in->size);
    return read(in->slot->fd, in->bytes, in->size);
}

static long by_readv(const struct input *in)
{
    struct iovec piece = {in->bytes, in->size};
    return in->number ? syscall(SYS_readv, in->slot->fd, &piece, 1)
                      : readv(in->slot->fd, &piece, 1);
}

static long recv_with(const struct input *in, int flags)
{
    if (in->number)
        return syscall(SYS_recvfrom, in->slot->fd, in->bytes, in->size, flags, NULL, NULL);
    return recv(in->slot->fd, in->bytes, in->size, flags);
}

static long by_recv(const struct input *in)
{
    return recv_with(in, 0);
}

static long by_peek(const struct input *in)
{
    return recv_with(in, MSG_PEEK);
}

static long by_waitall(const struct input *in)
{
    return recv_with(in, MSG_WAITALL);
}

static long by_dontwait(const struct input *in)
{
    return recv_with(in, MSG_DONTWAIT);
}

static long by_peekdontwait(const struct input *in)
{
    return recv_with(in, MSG_PEEK | MSG_DONTWAIT);
}

static long by_recvfrom(const struct input *in)
{
    struct sockaddr_storage from;
    socklen_t length = sizeof from;
    return recvfrom(in->slot->fd, in->bytes, in->size, 0, (struct sockaddr *)&from, &length);
}

static long by_recvmsg(const struct input *in)
{
    struct iovec piece = {in->bytes, in->size};
    struct msghdr message = {.msg_iov = &piece, .msg_iovlen = 1};
    if (in->number)
        return syscall(SYS_recvmsg, in->slot->fd, &message, 0);
    return recvmsg(in->slot->fd, &message, 0);
}

static long by_recvmmsg(const struct input *in)
{
    struct iovec piece = {in->bytes, in->size};
    struct mmsghdr message = {.msg_hdr = {.msg_iov = &piece, .msg_iovlen = 1}};
    return recvmmsg(in->slot->fd, &message, 1, 0, NULL) < 0 ? -1 : (long)message.msg_len;
}

static long by_fread(const struct input *in)
{
    size_t done;
    if (!in->slot->stream) {
        errno = EBADF;
        return -1;
    }
    done = fread(in->bytes, 1, in->size, in->slot->stream);
    return done == 0 && ferror(in->slot->stream) ? -1 : (long)done;
}

static const struct {
    const char *name;
    long (*call)(const struct input *in);
} calls[] = {
    {"read", by_read},
    {"readv", by_readv},
    {"recv", by_recv},
    {"peek", by_peek},
    {"waitall", by_waitall},
    {"dontwait", by_dontwait},
    {"recvfrom", by_recvfrom},
    {"recvmsg", by_recvmsg},
    {"recvmmsg", by_recvmmsg},
    {"fread", by_fread},
    {"peekdontwait", by_peekdontwait},
};

/* read SLOT CALL SIZE */
static void perform_read(struct run *run, const struct line *line)
{
    struct input in = {
        .slot = slot_of(line, 1), .size = (size_t)number_of(line, 3), .number = line->number};
    long result = -1;
    in.bytes = malloc(in.size + 1);
    if (!in.bytes)
        err(2, "cannot allocate");
    for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++)
        if (word_is(line, 2, calls[i].name))
            result = calls[i].call(&in);
    say(run, result, "sum=%08x", result > 0 ? digest(0, in.bytes, (size_t)result) : 0);
    free(in.bytes);
}

/* The rest of what is wanted, with a poll where it would block; how it ended is in *end. */
static size_t read_on(int fd, size_t wanted, uint32_t *sum, const char **end)
{
    static _Thread_local unsigned char bytes[BUFFER];
    size_t total = 0;
    *end = "full";
    while (total < wanted) {
        struct pollfd one = {.fd = fd, .events = POLLIN};
        size_t room = wanted - total < BUFFER ? wanted - total : BUFFER;
        ssize_t got = read(fd, bytes, room);
        if (got < 0 && errno == EAGAIN) {
            if (poll(&one, 1, 3000) == 1)
                continue;
            errno = EAGAIN;
        }
        if (got <= 0) {
            *end = got == 0 ? "EOF" : errno_name(errno);
            break;
        }
        *sum = digest(*sum, bytes, (size_t)got);
        total += (size_t)got;
    }
    return total;
}

/* readn SLOT SIZE: reads until so much has come, or the end */
static void perform_readn(struct run *run, const struct line *line)
{
    uint32_t sum = 0;
    const char *end;
    size_t total = read_on(slot_of(line, 1)->fd, (size_t)number_of(line, 2), &sum, &end);
    say(run, (long)total, "%s sum=%08x", end, sum);
}

const struct operation read_operations[] = {
    {"read", perform_read}, {"readn", perform_readn}, {NULL, NULL}};
