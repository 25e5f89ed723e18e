/* SPDX-License-Identifier: MIT */
/*
 * patience ADDRESS PORT HOW blocking|nonblocking: connects, waits for what never comes, for a
 * limited time, and then writes. For a server in mode sink.
 */
#include "common.h"

#include <err.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/time.h>
#include <unistd.h>

/* Longer than the handshake takes. */
#define LIMIT_MS 200

static volatile sig_atomic_t interrupted;

static void interrupt(int number)
{
    (void)number;
    interrupted++;
}

static void interrupt_soon(void)
{
    struct sigaction action = {.sa_handler = interrupt}; /* without SA_RESTART */
    struct itimerval timer = {.it_value.tv_usec = LIMIT_MS * 1000};
    sigaction(SIGALRM, &action, NULL);
    setitimer(ITIMER_REAL, &timer, NULL);
}

static void receive_timeout(int fd)
{
    char byte;
    struct timeval limit = {.tv_usec = LIMIT_MS * 1000};
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    say("recv", recv(fd, &byte, 1, 0));
}

static void interrupted_read(int fd)
{
    char byte;
    interrupt_soon();
    say("read", read(fd, &byte, 1));
}

static void interrupted_poll(int fd)
{
    interrupt_soon();
    say("poll", poll(&(struct pollfd){.fd = fd, .events = POLLIN}, 1, -1));
}

static void poll_timeout(int fd)
{
    say("poll", poll(&(struct pollfd){.fd = fd, .events = POLLIN}, 1, LIMIT_MS));
    say("poll", poll(&(struct pollfd){.fd = fd, .events = POLLOUT}, 1, LIMIT_MS));
}

static void epoll_timeout(int fd)
{
    struct epoll_event event = {.events = EPOLLIN};
    int epoll = epoll_create1(EPOLL_CLOEXEC);
    epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
    say("epoll_wait", epoll_wait(epoll, &event, 1, LIMIT_MS));
    close(epoll);
}

static void select_timeout(int fd)
{
    fd_set in;
    struct timeval limit = {.tv_usec = LIMIT_MS * 1000};
    FD_ZERO(&in);
    FD_SET(fd, &in);
    say("select", select(fd + 1, &in, NULL, NULL, &limit));
    printf("left: %ld.%06ld\n", (long)limit.tv_sec, (long)limit.tv_usec);
}

/* Never waits in a call that could say when the time has come: looks again and again. */
static void polling(int fd)
{
    struct pollfd poll_fd = {.fd = fd, .events = POLLIN};
    int found = 0;
    for (int i = 0; i < 4 && found == 0; i++) {
        found = poll(&poll_fd, 1, 0);
        usleep(LIMIT_MS * 1000 / 4);
    }
    say("poll", found);
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        void (*wait)(int fd);
    } ways[] = {
        {"receive-timeout", receive_timeout},
        {"interrupted-read", interrupted_read},
        {"interrupted-poll", interrupted_poll},
        {"poll-timeout", poll_timeout},
        {"epoll-timeout", epoll_timeout},
        {"select-timeout", select_timeout},
        {"polling", polling},
    };
    program_start();
    if (argc != 5)
        errx(2, "usage: patience ADDRESS PORT HOW blocking|nonblocking");
    bool nonblocking = strcmp(argv[4], "nonblocking") == 0;
    struct address peer = address_parse(argv[1], argv[2]);
    int fd = tcp_socket(&peer, nonblocking);
    if (!connect_said(fd, &peer, nonblocking))
        return 1;
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++)
        if (strcmp(argv[3], ways[i].name) == 0)
            ways[i].wait(fd);
    printf("interrupted: %d\n", interrupted);
    write_said(fd, (const unsigned char *)"hello", 5);
    say("shutdown", shutdown(fd, SHUT_WR));
    read_to_end_said(fd);
    say("close", close(fd));
    return 0;
}
