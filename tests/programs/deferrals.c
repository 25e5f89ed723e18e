/* SPDX-License-Identifier: MIT */
/*
 * deferrals ADDRESS PORT WAY ROUNDS [stack]: connections to a server that echoes, each with one
 * small write and one read, and nothing else in between: a tracer counts what system calls one
 * takes, from one getppid() to the next.
 *
 *   blocking   connect, write, read, close
 *   poll       connect that does not block, poll, SO_ERROR, send, poll, recv, close
 *   epoll      the same by an epoll that is there before
 *
 * The address and the request are in memory of their own, or on the stack, in the page of the
 * calls.
 */
#include "common.h"

#include <alloca.h>
#include <err.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#define PAGE 4096

/* Safe to repeat. */
#define REQUEST "GET / HTTP/1.1\r\nHost: example.com\r\n\r\n"
#define LENGTH (sizeof REQUEST - 1)

/* What is passed to the calls. */
struct given {
    struct address address;
    char request[sizeof REQUEST];
};

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

static void blocking(const struct given *given)
{
    const struct address *address = &given->address;
    char answer[LENGTH];
    int fd = socket(address_get(address)->sa_family, SOCK_STREAM, 0);
    if (connect(fd, address_get(address), address->length) != 0)
        err(1, "connect");
    if (write(fd, given->request, LENGTH) != (ssize_t)LENGTH ||
        read(fd, answer, sizeof answer) != (ssize_t)LENGTH)
        err(1, "write, read");
    close(fd);
}

static void nonblocking(const struct given *given)
{
    const struct address *address = &given->address;
    char answer[LENGTH];
    int error = 0, fd = socket(address_get(address)->sa_family, SOCK_STREAM | SOCK_NONBLOCK, 0);
    socklen_t length = sizeof error;
    if (connect(fd, address_get(address), address->length) == 0 || errno != EINPROGRESS)
        err(1, "connect");
    watch(fd, EPOLL_CTL_ADD, EPOLLOUT);
    await(fd, POLLOUT);
    if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length) != 0 || error)
        errx(1, "connect: %s", strerror(error));
    if (send(fd, given->request, LENGTH, MSG_NOSIGNAL) != (ssize_t)LENGTH)
        err(1, "send");
    watch(fd, EPOLL_CTL_MOD, EPOLLIN);
    await(fd, POLLIN);
    if (recv(fd, answer, sizeof answer, 0) != (ssize_t)LENGTH)
        err(1, "recv");
    close(fd);
}

static void rounds(const struct given *given, int count)
{
    for (; count > 0; count--) {
        (void)!getppid();
        if (strcmp(way, "blocking") == 0)
            blocking(given);
        else
            nonblocking(given);
    }
    (void)!getppid();
}

/* What is called finds itself in the middle of a page, and what it is given just above. */
static __attribute__((noinline)) void rounds_on_stack(const struct given *given, int count)
{
    uintptr_t here = (uintptr_t)__builtin_frame_address(0);
    char *room = alloca(PAGE / 2 + here % PAGE);
    struct given *copy = (struct given *)(void *)room;
    *copy = *given;
    rounds(copy, count);
}

int main(int argc, char **argv)
{
    if (argc != 5 && argc != 6)
        errx(2, "usage: deferrals ADDRESS PORT blocking|poll|epoll ROUNDS [stack]");
    static _Alignas(512) struct given given = {.request = REQUEST}; /* in one page */
    _Static_assert(sizeof given <= 512, "it is aligned to its size");
    given.address = address_parse(argv[1], argv[2]);
    way = argv[3];
    if (strcmp(way, "epoll") == 0)
        epoll = epoll_create1(EPOLL_CLOEXEC);
    (argc == 6 ? rounds_on_stack : rounds)(&given, atoi(argv[4]));
    return 0;
}
