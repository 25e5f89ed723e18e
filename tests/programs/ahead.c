/* SPDX-License-Identifier: MIT */
/*
 * ahead ADDRESS PORT MILLISECONDS [watched]: connects ahead of a request, as a browser does. When
 * its epoll says that the connection stands it takes it out, waits so long for something else, and
 * writes; or leaves it there, for reading. Many times over. For a server in mode echo.
 */
#include "common.h"

#include <err.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

#define ROUNDS 20

static int epoll;

static void watch(int operation, int fd, uint32_t events)
{
    struct epoll_event event = {.events = events, .data.fd = fd};
    if (epoll_ctl(epoll, operation, fd, &event) != 0)
        err(1, "epoll_ctl");
}

static void await(int fd)
{
    struct epoll_event event;
    if (epoll_wait(epoll, &event, 1, -1) != 1 || event.data.fd != fd)
        errx(1, "epoll_wait");
}

static void one_round(const struct address *peer, long milliseconds, bool watched)
{
    const struct itimerspec time = {.it_value.tv_nsec = milliseconds * 1000000};
    int timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC), fd = tcp_socket(peer, true);
    if (connect(fd, address_get(peer), peer->length) != 0 && errno != EINPROGRESS)
        err(1, "connect");
    watch(EPOLL_CTL_ADD, fd, EPOLLOUT);
    await(fd);
    watch(watched ? EPOLL_CTL_MOD : EPOLL_CTL_DEL, fd, EPOLLIN);
    watch(EPOLL_CTL_ADD, timer, EPOLLIN);
    timerfd_settime(timer, 0, &time, NULL);
    await(timer);
    close(timer);
    write_said(fd, (const unsigned char *)"hello", 5);
    say("shutdown", shutdown(fd, SHUT_WR));
    read_to_end_said(fd);
    say("close", close(fd));
}

int main(int argc, char **argv)
{
    program_start();
    if (argc != 4 && argc != 5)
        errx(2, "usage: ahead ADDRESS PORT MILLISECONDS [watched]");
    struct address peer = address_parse(argv[1], argv[2]);
    epoll = epoll_create1(EPOLL_CLOEXEC);
    for (int round = 0; round < ROUNDS; round++)
        one_round(&peer, atol(argv[3]), argc == 5);
    return 0;
}
