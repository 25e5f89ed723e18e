/* SPDX-License-Identifier: MIT */
/* Waiting for what another thread writes to a pipe or a socket, or for its connection. */
#include "named.h"
#include "rendezvous.h"

#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

NAMED(ssize_t, __read, int, void *, size_t);
NAMED(ssize_t, __read_chk, int, void *, size_t, size_t);
NAMED(ssize_t, __recv_chk, int, void *, size_t, size_t, int);
NAMED(ssize_t, __recvfrom_chk, int, void *, size_t, size_t, int, struct sockaddr *, socklen_t *);
NAMED(ssize_t, preadv64v2, int, const struct iovec *, int, off64_t, int);

static int pair[2], local;
static char text[64];
static struct iovec pieces[] = {{text, 4}, {text + 4, 4}};

static void take_pair(void)
{
    must(socketpair(AF_UNIX, SOCK_DGRAM, 0, pair) == 0, "socketpair");
}

static void release_pair(void)
{
    must(send(pair[1], "7777777\n", 8, 0) == 8, "send");
}

/* No name given: the kernel finds one. */
static void take_local(void)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    local = socket(AF_UNIX, SOCK_STREAM, 0);
    must(bind(local, (struct sockaddr *)&address, sizeof(sa_family_t)) == 0 &&
             listen(local, 0) == 0,
         "local listener");
}

static int connect_local(int flags)
{
    struct sockaddr_un address;
    socklen_t length = sizeof address;
    int fd = socket(AF_UNIX, SOCK_STREAM | flags, 0);
    must(getsockname(local, (struct sockaddr *)&address, &length) == 0 &&
             connect(fd, (struct sockaddr *)&address, length) == 0,
         "local connect");
    return fd;
}

static void release_local(void)
{
    connect_local(0);
}

/* With a backlog of 0 one connection may wait to be accepted. */
static void take_full_local(void)
{
    take_local();
    connect_local(0);
}

static void accept_local(void)
{
    must(accept(local, NULL, NULL) >= 0, "local accept");
}

static long wait_connect(void)
{
    return connect_local(0) >= 0;
}

static long wait_accept(void)
{
    return accept(local, NULL, NULL) >= 0;
}

static long wait_accept4(void)
{
    return accept4(local, NULL, NULL, SOCK_CLOEXEC) >= 0;
}

static long wait_read(void)
{
    return read(ends[0], text, sizeof text);
}

static long wait_read_alias(void)
{
    return named___read(ends[0], text, sizeof text);
}

static long wait_read_chk(void)
{
    return named___read_chk(ends[0], text, sizeof text, sizeof text);
}

static long wait_readv(void)
{
    return readv(ends[0], pieces, 2);
}

static long wait_preadv2(void)
{
    return preadv2(ends[0], pieces, 2, -1, 0);
}

static long wait_preadv64v2(void)
{
    return named_preadv64v2(ends[0], pieces, 2, -1, 0);
}

static long wait_recv(void)
{
    return recv(pair[0], text, sizeof text, 0);
}

static long wait_recv_chk(void)
{
    return named___recv_chk(pair[0], text, sizeof text, sizeof text, 0);
}

static long wait_recvfrom(void)
{
    return recvfrom(pair[0], text, sizeof text, 0, NULL, NULL);
}

static long wait_recvfrom_chk(void)
{
    return named___recvfrom_chk(pair[0], text, sizeof text, sizeof text, 0, NULL, NULL);
}

static long wait_recvmsg(void)
{
    struct msghdr message = {.msg_iov = pieces, .msg_iovlen = 2};
    return recvmsg(pair[0], &message, 0);
}

static long wait_recvmmsg(void)
{
    struct mmsghdr message = {.msg_hdr = {.msg_iov = pieces, .msg_iovlen = 2}};
    struct timespec limit = {.tv_sec = 30};
    return recvmmsg(pair[0], &message, 1, 0, &limit) == 1 ? (long)message.msg_len : -1;
}

const struct way read_ways[] = {
    {"connect", wait_connect, take_full_local, accept_local, NULL},
    {"accept", wait_accept, take_local, release_local, NULL},
    {"accept4", wait_accept4, take_local, release_local, NULL},
    {"read", wait_read, NULL, release_pipe, NULL},
    {"__read", wait_read_alias, NULL, release_pipe, NULL},
    {"__read_chk", wait_read_chk, NULL, release_pipe, NULL},
    {"readv", wait_readv, NULL, release_pipe, NULL},
    {"preadv2", wait_preadv2, NULL, release_pipe, NULL},
    {"preadv64v2", wait_preadv64v2, NULL, release_pipe, NULL},
    {"recv", wait_recv, take_pair, release_pair, NULL},
    {"__recv_chk", wait_recv_chk, take_pair, release_pair, NULL},
    {"recvfrom", wait_recvfrom, take_pair, release_pair, NULL},
    {"__recvfrom_chk", wait_recvfrom_chk, take_pair, release_pair, NULL},
    {"recvmsg", wait_recvmsg, take_pair, release_pair, NULL},
    {"recvmmsg", wait_recvmmsg, take_pair, release_pair, NULL},
    {0},
};
