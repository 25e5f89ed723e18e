/* SPDX-License-Identifier: MIT */
#include "writers.h"

#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#define PIECES 3

/* Cuts the bytes in three, so that the calls that gather have something to gather. */
static void cut(struct iovec pieces[PIECES], const void *bytes, size_t length)
{
    const unsigned char *at = bytes;
    for (size_t i = 0; i < PIECES; i++) {
        size_t size = i == PIECES - 1 ? length : length / 2;
        pieces[i] = (struct iovec){.iov_base = (void *)(uintptr_t)at, .iov_len = size};
        at += size;
        length -= size;
    }
}

static ssize_t use_write(int fd, const struct address *peer, const void *bytes, size_t length)
{
    (void)peer;
    return write(fd, bytes, length);
}

static ssize_t use_writev(int fd, const struct address *peer, const void *bytes, size_t length)
{
    (void)peer;
    struct iovec pieces[PIECES];
    cut(pieces, bytes, length);
    return writev(fd, pieces, PIECES);
}

static ssize_t use_send(int fd, const struct address *peer, const void *bytes, size_t length)
{
    (void)peer;
    return send(fd, bytes, length, 0);
}

static ssize_t use_sendto(int fd, const struct address *peer, const void *bytes, size_t length)
{
    (void)peer;
    return sendto(fd, bytes, length, 0, NULL, 0);
}

/* Some programs name the peer again on a connected socket. */
static ssize_t use_sendto_address(int fd, const struct address *peer, const void *bytes,
                                  size_t length)
{
    return sendto(fd, bytes, length, 0, address_get(peer), peer->length);
}

static ssize_t use_sendmsg(int fd, const struct address *peer, const void *bytes, size_t length)
{
    (void)peer;
    struct iovec pieces[PIECES];
    cut(pieces, bytes, length);
    struct msghdr message = {.msg_iov = pieces, .msg_iovlen = PIECES};
    return sendmsg(fd, &message, 0);
}

static ssize_t use_sendmmsg(int fd, const struct address *peer, const void *bytes, size_t length)
{
    (void)peer;
    struct iovec pieces[PIECES];
    cut(pieces, bytes, length);
    struct mmsghdr messages[PIECES] = {0};
    for (size_t i = 0; i < PIECES; i++)
        messages[i].msg_hdr = (struct msghdr){.msg_iov = &pieces[i], .msg_iovlen = 1};
    int sent = sendmmsg(fd, messages, PIECES, 0);
    ssize_t total = 0;
    for (int i = 0; i < sent; i++)
        total += messages[i].msg_len;
    return sent < 0 ? -1 : total;
}

writer *writer_find(const char *call)
{
    static const struct {
        const char *name;
        writer *writer;
    } writers[] = {
        {"write", use_write},
        {"writev", use_writev},
        {"send", use_send},
        {"sendto", use_sendto},
        {"sendmsg", use_sendmsg},
        {"sendmmsg", use_sendmmsg},
        {"sendto-address", use_sendto_address},
    };
    for (size_t i = 0; i < sizeof writers / sizeof *writers; i++)
        if (strcmp(call, writers[i].name) == 0)
            return writers[i].writer;
    return NULL;
}
