/* SPDX-License-Identifier: MIT */
#ifndef LINK_CLOCK_H
#define LINK_CLOCK_H

#include <stdint.h>
#include <time.h>

#define NS_PER_S 1000000000LL
#define NS_PER_MS 1000000.0

static inline int64_t clock_ns(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return t.tv_sec * NS_PER_S + t.tv_nsec;
}

/* Delays are kept on a clock that nobody sets. */
static inline int64_t now_ns(void)
{
    return clock_ns(CLOCK_MONOTONIC);
}

#endif
