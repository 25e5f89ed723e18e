/* SPDX-License-Identifier: MIT */
/*
 * deferrals ADDRESS PORT WAY ROUNDS: connections to a server that echoes, each with one small write
 * and one read, and nothing else in between: a tracer counts what system calls one takes, from one
 * getppid() to the next.
 *
 *   blocking   connect, write, read, close
 *   poll       connect that does not block, poll, SO_ERROR, send, poll, recv, close
 *   epoll      the same by an epoll that is there before
 */
#include "common.h"

#include <err.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

/* Safe to repeat, and in one page. */
static _Alignas(256) const char request[] = "GET / HTTP/1.1\r\nHost: example.com\r\n\r\n";
#define LENGTH (sizeof request - 1)

static const char *way;
static int epoll = -1;

static void watch(int fd, int operation, uint32_t events)
{
    struct epoll_event event = {.events = events, .data.fd = fd};
    if (epoll >= 0 && epoll_ctl(epoll, operation, fd, &event) != 0)
        err(1, "epoll_ctl");
}

static void await(int fd, short events)
{
    struct pollfd poll_fd = {.fd = fd, .events = events};
    struct epoll_event event;
    if ((epoll >= 0 ? epoll_wait(epoll, &event, 1, -1) : poll(&poll_fd, 1, -1)) != 1)
        err(1, "%s", way);
}

static void blocking(const struct address *address)
{
    char answer[LENGTH];
    int fd = socket(address_get(address)->sa_family, SOCK_STREAM, 0);
    if (connect(fd, address_get(address), address->length) != 0)
        err(1, "connect");
    if (write(fd, request, LENGTH) != (ssize_t)LENGTH ||
        read(fd, answer, sizeof answer) != (ssize_t)LENGTH)
        err(1, "write, read");
    close(fd);
}

static void nonblocking(const struct address *address)
{
    char answer[LENGTH];
    int error = 0, fd = socket(address_get(address)->sa_family, SOCK_STREAM | SOCK_NONBLOCK, 0);
    socklen_t length = sizeof error;
    if (connect(fd, address_get(address), address->length) == 0 || errno != EINPROGRESS)
        err(1, "connect");
    watch(fd, EPOLL_CTL_ADD, EPOLLOUT);
    await(fd, POLLOUT);
    if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length) != 0 || error)
        errx(1, "connect: %s", strerror(error));
    if (send(fd, request, LENGTH, MSG_NOSIGNAL) != (ssize_t)LENGTH)
        err(1, "send");
    watch(fd, EPOLL_CTL_MOD, EPOLLIN);
    await(fd, POLLIN);
    if (recv(fd, answer, sizeof answer, 0) != (ssize_t)LENGTH)
        err(1, "recv");
    close(fd);
}

int main(int argc, char **argv)
{
    if (argc != 5)
        errx(2, "usage: deferrals ADDRESS PORT blocking|poll|epoll ROUNDS");
    static _Alignas(256) struct address address; /* in one page, too */
    address = address_parse(argv[1], argv[2]);
    way = argv[3];
    if (strcmp(way, "epoll") == 0)
        epoll = epoll_create1(EPOLL_CLOEXEC);
    for (int round = atoi(argv[4]); round > 0; round--) {
        (void)!getppid();
        if (strcmp(way, "blocking") == 0)
            blocking(&address);
        else
            nonblocking(&address);
    }
    (void)!getppid();
    return 0;
}
