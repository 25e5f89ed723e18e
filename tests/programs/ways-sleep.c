/* SPDX-License-Identifier: MIT */
/* Waiting for another thread by looking again and again, with or without a pause. */
#include "named.h"
#include "rendezvous.h"

#include <errno.h>
#include <sched.h>
#include <sys/socket.h>
#include <threads.h>
#include <unistd.h>

NAMED(int, __sched_yield, void);

static const struct timespec soon = {.tv_nsec = 1000000};

/* Once at least, for where nothing is deferred it may be so from the first. */
#define UNTIL_ACCEPTED(call)                                                                       \
    do {                                                                                           \
        call;                                                                                      \
    } while (!accepted)

static long wait_sleep(void)
{
    UNTIL_ACCEPTED(sleep(1));
    return 0;
}

static long wait_usleep(void)
{
    UNTIL_ACCEPTED(usleep(1000));
    return 0;
}

static long wait_nanosleep(void)
{
    UNTIL_ACCEPTED(nanosleep(&soon, NULL));
    return 0;
}

#ifndef __USE_TIME_BITS64
NAMED(int, __nanosleep, const struct timespec *, struct timespec *);
static long wait_nanosleep_alias(void)
{
    UNTIL_ACCEPTED(named___nanosleep(&soon, NULL));
    return 0;
}
#endif

static long wait_clock_nanosleep(void)
{
    UNTIL_ACCEPTED(clock_nanosleep(CLOCK_MONOTONIC, 0, &soon, NULL));
    return 0;
}

static long wait_thrd_sleep(void)
{
    UNTIL_ACCEPTED(thrd_sleep(&soon, NULL));
    return 0;
}

static long wait_yielding(void)
{
    UNTIL_ACCEPTED(sched_yield());
    return 0;
}

static long wait_yielding_alias(void)
{
    UNTIL_ACCEPTED(named___sched_yield());
    return 0;
}

static long wait_yielding_c11(void)
{
    UNTIL_ACCEPTED(thrd_yield());
    return 0;
}

/* Looks at something else again and again, without ever waiting. */
static long wait_looking(void)
{
    int pair[2];
    char byte;
    must(socketpair(AF_UNIX, SOCK_DGRAM, 0, pair) == 0, "socketpair");
    UNTIL_ACCEPTED(must(recv(pair[0], &byte, 1, MSG_DONTWAIT) < 0 && errno == EAGAIN, "recv"));
    return 0;
}

const struct way sleep_ways[] = {
    {"sleep", wait_sleep, NULL, NULL, NULL},
    {"usleep", wait_usleep, NULL, NULL, NULL},
    {"nanosleep", wait_nanosleep, NULL, NULL, NULL},
#ifndef __USE_TIME_BITS64
    {"__nanosleep", wait_nanosleep_alias, NULL, NULL, NULL},
#endif
    {"clock_nanosleep", wait_clock_nanosleep, NULL, NULL, NULL},
    {"thrd_sleep", wait_thrd_sleep, NULL, NULL, NULL},
    {"sched_yield", wait_yielding, NULL, NULL, NULL},
    {"__sched_yield", wait_yielding_alias, NULL, NULL, NULL},
    {"thrd_yield", wait_yielding_c11, NULL, NULL, NULL},
    {"looking", wait_looking, NULL, NULL, NULL},
    {0},
};
