/* SPDX-License-Identifier: MIT */
/* Waiting until there is something to read in a pipe. */
#include "named.h"
#include "rendezvous.h"

#include <poll.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/select.h>

NAMED(int, __poll, struct pollfd *, nfds_t, int);
NAMED(int, __select, int, fd_set *, fd_set *, fd_set *, struct timeval *);
NAMED(int, __poll_chk, struct pollfd *, nfds_t, int, size_t);
NAMED(int, __ppoll_chk, struct pollfd *, nfds_t, const struct timespec *, const sigset_t *, size_t);

static struct pollfd watched(void)
{
    return (struct pollfd){.fd = ends[0], .events = POLLIN};
}

static long wait_poll(void)
{
    struct pollfd one = watched();
    return poll(&one, 1, -1);
}

static long wait_poll_alias(void)
{
    struct pollfd one = watched();
    return named___poll(&one, 1, -1);
}

static long wait_poll_chk(void)
{
    struct pollfd one = watched();
    return named___poll_chk(&one, 1, 30000, sizeof one);
}

static long wait_ppoll(void)
{
    struct pollfd one = watched();
    struct timespec limit = {.tv_sec = 30};
    return ppoll(&one, 1, &limit, NULL);
}

static long wait_ppoll_chk(void)
{
    struct pollfd one = watched();
    return named___ppoll_chk(&one, 1, NULL, NULL, sizeof one);
}

static fd_set watched_set(void)
{
    fd_set set;
    FD_ZERO(&set);
    FD_SET(ends[0], &set);
    return set;
}

static long wait_select(void)
{
    fd_set set = watched_set();
    struct timeval limit = {.tv_sec = 30};
    return select(ends[0] + 1, &set, NULL, NULL, &limit);
}

static long wait_select_alias(void)
{
    fd_set set = watched_set();
    return named___select(ends[0] + 1, &set, NULL, NULL, NULL);
}

static long wait_pselect(void)
{
    fd_set set = watched_set();
    struct timespec limit = {.tv_sec = 30};
    return pselect(ends[0] + 1, &set, NULL, NULL, &limit, NULL);
}

static int epoll;
static struct epoll_event event = {.events = EPOLLIN};

static void take_epoll(void)
{
    epoll = epoll_create1(EPOLL_CLOEXEC);
    must(epoll >= 0 && epoll_ctl(epoll, EPOLL_CTL_ADD, ends[0], &event) == 0, "epoll");
}

/* The program makes it as the first call after its connect. */
static long wait_epoll_made(void)
{
    epoll = epoll_create(1);
    must(epoll >= 0 && epoll_ctl(epoll, EPOLL_CTL_ADD, ends[0], &event) == 0, "epoll");
    return epoll_wait(epoll, &event, 1, -1);
}

static long wait_epoll(void)
{
    return epoll_wait(epoll, &event, 1, -1);
}

static long wait_epoll_p(void)
{
    return epoll_pwait(epoll, &event, 1, 30000, NULL);
}

static long wait_epoll_p2(void)
{
    struct timespec limit = {.tv_sec = 30};
    return epoll_pwait2(epoll, &event, 1, &limit, NULL);
}

const struct way poll_ways[] = {
    {"poll", wait_poll, NULL, release_pipe, NULL},
    {"__poll", wait_poll_alias, NULL, release_pipe, NULL},
    {"__poll_chk", wait_poll_chk, NULL, release_pipe, NULL},
    {"ppoll", wait_ppoll, NULL, release_pipe, NULL},
    {"__ppoll_chk", wait_ppoll_chk, NULL, release_pipe, NULL},
    {"select", wait_select, NULL, release_pipe, NULL},
    {"__select", wait_select_alias, NULL, release_pipe, NULL},
    {"pselect", wait_pselect, NULL, release_pipe, NULL},
    {"epoll_create", wait_epoll_made, NULL, release_pipe, NULL},
    {"epoll_wait", wait_epoll, take_epoll, release_pipe, NULL},
    {"epoll_pwait", wait_epoll_p, take_epoll, release_pipe, NULL},
    {"epoll_pwait2", wait_epoll_p2, take_epoll, release_pipe, NULL},
    {0},
};
