/* SPDX-License-Identifier: MIT */
#include "facilities.h"

#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <unistd.h>

static void begin_nothing(int fd)
{
    (void)fd;
}

static short wait_poll(int fd, short events)
{
    struct pollfd poll_fd = {.fd = fd, .events = events};
    return poll(&poll_fd, 1, -1) < 0 ? -1 : poll_fd.revents;
}

static short wait_ppoll(int fd, short events)
{
    struct pollfd poll_fd = {.fd = fd, .events = events};
    struct timespec limit = {.tv_sec = 30};
    return ppoll(&poll_fd, 1, &limit, NULL) < 0 ? -1 : poll_fd.revents;
}

/* Looks again and again, and never waits in a call that says when the time has come. */
static short wait_looking(int fd, short events, void (*between)(void))
{
    struct pollfd poll_fd = {.fd = fd, .events = events};
    int found;
    while ((found = poll(&poll_fd, 1, 0)) == 0)
        between();
    return found < 0 ? -1 : poll_fd.revents;
}

static void yield(void)
{
    sched_yield();
}

static void nap(void)
{
    usleep(1000);
}

static short wait_yielding(int fd, short events)
{
    return wait_looking(fd, events, yield);
}

static short wait_napping(int fd, short events)
{
    return wait_looking(fd, events, nap);
}

static short wait_with_select(int fd, short events, bool with_p)
{
    fd_set in, out;
    FD_ZERO(&in);
    FD_ZERO(&out);
    if (events & POLLIN)
        FD_SET(fd, &in);
    if (events & POLLOUT)
        FD_SET(fd, &out);
    int found = with_p ? pselect(fd + 1, &in, &out, NULL, NULL, NULL)
                       : select(fd + 1, &in, &out, NULL, NULL);
    if (found < 0)
        return -1;
    return (short)((FD_ISSET(fd, &in) ? POLLIN : 0) | (FD_ISSET(fd, &out) ? POLLOUT : 0));
}

static short wait_select(int fd, short events)
{
    return wait_with_select(fd, events, false);
}

static short wait_pselect(int fd, short events)
{
    return wait_with_select(fd, events, true);
}

/* The epoll instance, and what edge-triggered events have told so far and a wait has not used. */
static int epoll_fd = -1;
static uint32_t edges;

static void watch(int fd, uint32_t events)
{
    struct epoll_event event = {.events = events, .data.fd = fd};
    if (epoll_fd < 0)
        epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    if (epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &event) != 0 && errno == EEXIST)
        epoll_ctl(epoll_fd, EPOLL_CTL_MOD, fd, &event);
}

static void begin_level(int fd)
{
    watch(fd, EPOLLIN | EPOLLOUT);
}

static void begin_edge(int fd)
{
    watch(fd, EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET);
}

/* That nothing is connected yet has been told, and will not be again. */
static void begin_looked(int fd)
{
    struct epoll_event event;
    begin_edge(fd);
    epoll_wait(epoll_fd, &event, 1, 0);
}

static short wait_level(int fd, short events)
{
    struct epoll_event event;
    watch(fd, (uint32_t)events);
    return epoll_wait(epoll_fd, &event, 1, -1) < 0 ? -1 : (short)event.events;
}

static short wait_epoll_pwait(int fd, short events)
{
    struct epoll_event event;
    watch(fd, (uint32_t)events);
    return epoll_pwait(epoll_fd, &event, 1, -1, NULL) < 0 ? -1 : (short)event.events;
}

static short wait_epoll_pwait2(int fd, short events)
{
    struct epoll_event event;
    watch(fd, (uint32_t)events);
    return epoll_pwait2(epoll_fd, &event, 1, NULL, NULL) < 0 ? -1 : (short)event.events;
}

/* Registered once and never again: an edge that is not told is waited for for ever. */
static short wait_edge(int fd, short events)
{
    (void)fd;
    while (!(edges & ((uint32_t)events | EPOLLERR | EPOLLHUP))) {
        struct epoll_event event;
        if (epoll_wait(epoll_fd, &event, 1, -1) < 0)
            return -1;
        edges |= event.events;
    }
    short seen = (short)edges;
    edges &= ~((uint32_t)events & POLLIN); /* what is read has to be told again; writable stays */
    return seen;
}

static short wait_edge_late(int fd, short events)
{
    if (epoll_fd < 0)
        begin_edge(fd);
    return wait_edge(fd, events);
}

const struct facility *facility_find(const char *name)
{
    static const struct facility facilities[] = {
        {"poll", begin_nothing, wait_poll},
        {"ppoll", begin_nothing, wait_ppoll},
        {"yielding", begin_nothing, wait_yielding},
        {"napping", begin_nothing, wait_napping},
        {"select", begin_nothing, wait_select},
        {"pselect", begin_nothing, wait_pselect},
        {"epoll", begin_level, wait_level},
        {"epoll-late", begin_nothing, wait_level},
        {"epoll_pwait", begin_level, wait_epoll_pwait},
        {"epoll_pwait2", begin_nothing, wait_epoll_pwait2},
        {"epoll-edge", begin_edge, wait_edge},
        {"epoll-edge-looked", begin_looked, wait_edge},
        {"epoll-edge-late", begin_nothing, wait_edge_late},
    };
    for (size_t i = 0; i < sizeof facilities / sizeof *facilities; i++)
        if (strcmp(name, facilities[i].name) == 0)
            return &facilities[i];
    return NULL;
}
