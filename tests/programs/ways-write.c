/* SPDX-License-Identifier: MIT */
/* Waiting until another thread has made room in a pipe or a socket that is full. */
#include "named.h"
#include "rendezvous.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

NAMED(ssize_t, __write, int, const void *, size_t);
NAMED(ssize_t, __send, int, const void *, size_t, int);
NAMED(ssize_t, pwritev64v2, int, const struct iovec *, int, off64_t, int);
NAMED(ssize_t, sendfile64, int, int, off64_t *, size_t);

static int full[2], file; /* a pipe, or a pair of sockets; and what to fill it from */
static char block[65536];
static struct iovec pieces[] = {{block, 4}, {block, 4}};

static void fill(int fd)
{
    fcntl(fd, F_SETFL, O_NONBLOCK);
    while (write(fd, block, sizeof block) > 0) {}
    fcntl(fd, F_SETFL, 0);
}

static void take_full_pipe(void)
{
    file = memfd_create("bytes", MFD_CLOEXEC);
    must(pipe(full) == 0 && write(file, block, 8) == 8 && lseek(file, 0, SEEK_SET) == 0, "pipe");
    release_pipe(); /* something to splice */
    fill(full[1]);
}

static void take_full_pair(void)
{
    must(socketpair(AF_UNIX, SOCK_STREAM, 0, full) == 0, "socketpair");
    fill(full[1]);
}

static void make_room(void)
{
    fcntl(full[0], F_SETFL, O_NONBLOCK);
    while (read(full[0], block, sizeof block) > 0) {}
}

static long wait_write(void)
{
    return write(full[1], block, 8);
}

static long wait_write_alias(void)
{
    return named___write(full[1], block, 8);
}

static long wait_writev(void)
{
    return writev(full[1], pieces, 2);
}

static long wait_pwritev2(void)
{
    return pwritev2(full[1], pieces, 2, -1, 0);
}

static long wait_pwritev64v2(void)
{
    return named_pwritev64v2(full[1], pieces, 2, -1, 0);
}

static long wait_send(void)
{
    return send(full[1], block, 8, 0);
}

static long wait_send_alias(void)
{
    return named___send(full[1], block, 8, 0);
}

static long wait_sendto(void)
{
    return sendto(full[1], block, 8, 0, NULL, 0);
}

static long wait_sendmsg(void)
{
    struct msghdr message = {.msg_iov = pieces, .msg_iovlen = 2};
    return sendmsg(full[1], &message, 0);
}

static long wait_sendmmsg(void)
{
    struct mmsghdr message = {.msg_hdr = {.msg_iov = pieces, .msg_iovlen = 2}};
    return sendmmsg(full[1], &message, 1, 0) == 1 ? (long)message.msg_len : -1;
}

static long wait_sendfile(void)
{
    return sendfile(full[1], file, NULL, 8);
}

static long wait_sendfile64(void)
{
    return named_sendfile64(full[1], file, NULL, 8);
}

static long wait_splice(void)
{
    return splice(ends[0], NULL, full[1], NULL, 8, 0);
}

static long wait_tee(void)
{
    return tee(ends[0], full[1], 8, 0);
}

static long wait_vmsplice(void)
{
    return vmsplice(full[1], pieces, 2, 0);
}

const struct way write_ways[] = {
    {"write", wait_write, take_full_pipe, make_room, NULL},
    {"__write", wait_write_alias, take_full_pipe, make_room, NULL},
    {"writev", wait_writev, take_full_pipe, make_room, NULL},
    {"pwritev2", wait_pwritev2, take_full_pipe, make_room, NULL},
    {"pwritev64v2", wait_pwritev64v2, take_full_pipe, make_room, NULL},
    {"send", wait_send, take_full_pair, make_room, NULL},
    {"__send", wait_send_alias, take_full_pair, make_room, NULL},
    {"sendto", wait_sendto, take_full_pair, make_room, NULL},
    {"sendmsg", wait_sendmsg, take_full_pair, make_room, NULL},
    {"sendmmsg", wait_sendmmsg, take_full_pair, make_room, NULL},
    {"sendfile", wait_sendfile, take_full_pipe, make_room, NULL},
    {"sendfile64", wait_sendfile64, take_full_pipe, make_room, NULL},
    {"splice", wait_splice, take_full_pipe, make_room, NULL},
    {"tee", wait_tee, take_full_pipe, make_room, NULL},
    {"vmsplice", wait_vmsplice, take_full_pipe, make_room, NULL},
    {0},
};
