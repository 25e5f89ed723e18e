/* SPDX-License-Identifier: MIT */
/* Every call that reads, by its symbol; for a server that speaks first. */
#include "calls.h"
#include "common.h"
#include "named.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

NAMED(ssize_t, __read, int, void *, size_t);
NAMED(ssize_t, __read_chk, int, void *, size_t, size_t);
NAMED(ssize_t, __recv_chk, int, void *, size_t, size_t, int);
NAMED(ssize_t, __recvfrom_chk, int, void *, size_t, size_t, int, struct sockaddr *, socklen_t *);
NAMED(ssize_t, preadv64v2, int, const struct iovec *, int, off64_t, int);

#define SIZE 10 /* of what the server says */

static char text[SIZE + 1];
static struct iovec pieces[] = {{text, 3}, {text + 3, SIZE - 3}};

#define READ(symbol, call)                                                                         \
    static void call_##symbol(int fd)                                                              \
    {                                                                                              \
        long result;                                                                               \
        memset(text, 0, sizeof text);                                                              \
        while ((result = (call)) < 0 && errno == EAGAIN)                                           \
            poll(&(struct pollfd){.fd = fd, .events = POLLIN}, 1, -1);                             \
        say(#symbol, result);                                                                      \
        printf("%s", text);                                                                        \
    }

READ(read, read(fd, text, SIZE))
READ(__read, named___read(fd, text, SIZE))
READ(__read_chk, named___read_chk(fd, text, SIZE, SIZE))
READ(readv, readv(fd, pieces, 2))
READ(preadv2, preadv2(fd, pieces, 2, -1, 0))
READ(preadv64v2, named_preadv64v2(fd, pieces, 2, -1, 0))
READ(recv, recv(fd, text, SIZE, 0))
READ(__recv_chk, named___recv_chk(fd, text, SIZE, SIZE, 0))
READ(recvfrom, recvfrom(fd, text, SIZE, 0, NULL, NULL))
READ(__recvfrom_chk, named___recvfrom_chk(fd, text, SIZE, SIZE, 0, NULL, NULL))
READ(recvmsg, recvmsg(fd, &(struct msghdr){.msg_iov = pieces, .msg_iovlen = 2}, 0))
READ(recvmmsg,
     recvmmsg(fd, &(struct mmsghdr){.msg_hdr = {.msg_iov = pieces, .msg_iovlen = 2}}, 1, 0, NULL))

const struct call read_calls[] = {
    {"read", call_read},
    {"__read", call___read},
    {"__read_chk", call___read_chk},
    {"readv", call_readv},
    {"preadv2", call_preadv2},
    {"preadv64v2", call_preadv64v2},
    {"recv", call_recv},
    {"__recv_chk", call___recv_chk},
    {"recvfrom", call_recvfrom},
    {"__recvfrom_chk", call___recvfrom_chk},
    {"recvmsg", call_recvmsg},
    {"recvmmsg", call_recvmmsg},
    {0},
};
