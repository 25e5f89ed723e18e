/* SPDX-License-Identifier: MIT */
/* The waits of event loops. */
#include "shim/hook.h"

#include "kernel/tcp.h"
#include "shim/hooks/inner.h"
#include "shim/program_memory.h"
#include "shim/readiness.h"

#include <limits.h>
#include <string.h>

#define SECOND INT64_C(1000000000)

/* A bad pointer, and a time that is none, are the kernel's to answer. */
#define READ_TIMEOUT(timeout, part, most, nanoseconds)                                             \
    do {                                                                                           \
        *(nanoseconds) = READINESS_FOREVER;                                                        \
        if (!(timeout))                                                                            \
            return true;                                                                           \
        if (!program_memory_readable(timeout, sizeof *(timeout)) || (timeout)->tv_sec < 0 ||       \
            (timeout)->part < 0 || (timeout)->part >= (most))                                      \
            return false;                                                                          \
        if ((timeout)->tv_sec < INT64_MAX / SECOND / 2) /* else as good as for ever */             \
            *(nanoseconds) = (timeout)->tv_sec * SECOND + (timeout)->part * (SECOND / (most));     \
        return true;                                                                               \
    } while (0)

/* Other calls than the program's are made in its place, of other descriptors: what refuses those, a
 * sandbox say, may let the program's own through. Nothing has been waited for then. */
#define UNLESS_REFUSED(result, own)                                                                \
    do {                                                                                           \
        int made = (result);                                                                       \
        return made >= 0 || errno == EINTR ? made : (own);                                         \
    } while (0)

bool timeout_of(const struct timespec *timeout, int64_t *nanoseconds)
{
    READ_TIMEOUT(timeout, tv_nsec, SECOND, nanoseconds);
}

bool timeout_of_timeval(const struct timeval *timeout, int64_t *nanoseconds)
{
    *nanoseconds = READINESS_FOREVER;
    if (!timeout)
        return true;
    if (!program_memory_readable(timeout, sizeof *timeout) || timeout->tv_sec < 0 ||
        timeout->tv_usec < 0)
        return false;
    int64_t seconds = timeout->tv_sec;
    if (seconds < INT64_MAX / SECOND / 2) /* microseconds may be a million and more */
        *nanoseconds = seconds * SECOND + timeout->tv_usec * INT64_C(1000);
    return true;
}

HOOK_WHILE(CONCERN_WAITS, int, poll, (struct pollfd * fds, nfds_t count, int timeout),
           (fds, count, timeout))
{
    UNLESS_REFUSED(readiness_poll(NEXT(ppoll), fds, count, timeout_of_milliseconds(timeout), NULL),
                   NEXT(poll)(fds, count, timeout));
}

SHIM_ALIAS(poll) __typeof__(poll) __poll;

/* The C library ends a program whose array is smaller than its count says. */
HOOK_WHILE(CONCERN_WAITS, int, __poll_chk,
           (struct pollfd * fds, nfds_t count, int timeout, size_t size),
           (fds, count, timeout, size))
{
    if (size / sizeof *fds < count)
        return NEXT(__poll_chk)(fds, count, timeout, size);
    UNLESS_REFUSED(readiness_poll(NEXT(ppoll), fds, count, timeout_of_milliseconds(timeout), NULL),
                   NEXT(__poll_chk)(fds, count, timeout, size));
}

HOOK_WHILE(CONCERN_WAITS, int, ppoll,
           (struct pollfd * fds, nfds_t count, const struct timespec *timeout,
            const sigset_t *mask),
           (fds, count, timeout, mask))
{
    int64_t nanoseconds;
    if (!timeout_of(timeout, &nanoseconds))
        return NEXT(ppoll)(fds, count, timeout, mask);
    UNLESS_REFUSED(readiness_poll(NEXT(ppoll), fds, count, nanoseconds, mask),
                   NEXT(ppoll)(fds, count, timeout, mask));
}

HOOK_WHILE(CONCERN_WAITS, int, __ppoll_chk,
           (struct pollfd * fds, nfds_t count, const struct timespec *timeout, const sigset_t *mask,
            size_t size),
           (fds, count, timeout, mask, size))
{
    int64_t nanoseconds;
    if (size / sizeof *fds < count || !timeout_of(timeout, &nanoseconds))
        return NEXT(__ppoll_chk)(fds, count, timeout, mask, size);
    UNLESS_REFUSED(readiness_poll(NEXT(ppoll), fds, count, nanoseconds, mask),
                   NEXT(__ppoll_chk)(fds, count, timeout, mask, size));
}

HOOK_WHILE(CONCERN_WAITS, int, epoll_wait,
           (int epoll, struct epoll_event *events, int most, int timeout),
           (epoll, events, most, timeout))
{
    UNLESS_REFUSED(readiness_epoll(NEXT(epoll_pwait), epoll, events, most,
                                   timeout_of_milliseconds(timeout), NULL),
                   NEXT(epoll_wait)(epoll, events, most, timeout));
}

HOOK_WHILE(CONCERN_WAITS, int, epoll_pwait,
           (int epoll, struct epoll_event *events, int most, int timeout, const sigset_t *mask),
           (epoll, events, most, timeout, mask))
{
    UNLESS_REFUSED(readiness_epoll(NEXT(epoll_pwait), epoll, events, most,
                                   timeout_of_milliseconds(timeout), mask),
                   NEXT(epoll_pwait)(epoll, events, most, timeout, mask));
}

HOOK_WHILE(CONCERN_WAITS, int, epoll_pwait2,
           (int epoll, struct epoll_event *events, int most, const struct timespec *timeout,
            const sigset_t *mask),
           (epoll, events, most, timeout, mask))
{
    int64_t nanoseconds;
    if (!timeout_of(timeout, &nanoseconds))
        return NEXT(epoll_pwait2)(epoll, events, most, timeout, mask);
    UNLESS_REFUSED(readiness_epoll(NEXT(epoll_pwait), epoll, events, most, nanoseconds, mask),
                   NEXT(epoll_pwait2)(epoll, events, most, timeout, mask));
}

/* select() leaves in its timeout what is left of it. */
static int64_t left_of(int64_t nanoseconds, int64_t since)
{
    int64_t left = nanoseconds - (tcp_now_ns() - since);
    return left > 0 ? left : 0;
}

HOOK_WHILE(CONCERN_WAITS, int, select,
           (int count, fd_set *reads, fd_set *writes, fd_set *errors, struct timeval *timeout),
           (count, reads, writes, errors, timeout))
{
    fd_set *sets[3] = {reads, writes, errors};
    int64_t nanoseconds, since;
    if (!timeout_of_timeval(timeout, &nanoseconds))
        return NEXT(select)(count, reads, writes, errors, timeout);
    since = tcp_now_ns();
    int result = readiness_select(NEXT(pselect), count, sets, nanoseconds, NULL);
    if (result < 0 && errno != EINTR)
        return NEXT(select)(count, reads, writes, errors, timeout);
    if (timeout && nanoseconds >= 0) {
        int64_t left = left_of(nanoseconds, since);
        timeout->tv_sec = (time_t)(left / SECOND);
        timeout->tv_usec = (suseconds_t)(left % SECOND / 1000);
    }
    return result;
}

SHIM_ALIAS(select) __typeof__(select) __select;

HOOK_WHILE(CONCERN_WAITS, int, pselect,
           (int count, fd_set *reads, fd_set *writes, fd_set *errors,
            const struct timespec *timeout, const sigset_t *mask),
           (count, reads, writes, errors, timeout, mask))
{
    fd_set *sets[3] = {reads, writes, errors};
    int64_t nanoseconds;
    if (!timeout_of(timeout, &nanoseconds))
        return NEXT(pselect)(count, reads, writes, errors, timeout, mask);
    UNLESS_REFUSED(readiness_select(NEXT(pselect), count, sets, nanoseconds, mask),
                   NEXT(pselect)(count, reads, writes, errors, timeout, mask));
}

#ifdef TFOSHIM_TIME64
static bool timeout_of64(const struct timespec64 *timeout, int64_t *nanoseconds)
{
    READ_TIMEOUT(timeout, tv_nsec, SECOND, nanoseconds);
}

HOOK_WHILE(CONCERN_WAITS, int, __ppoll64,
           (struct pollfd * fds, nfds_t count, const struct timespec64 *timeout,
            const sigset_t *mask),
           (fds, count, timeout, mask))
{
    int64_t nanoseconds;
    if (!timeout_of64(timeout, &nanoseconds))
        return NEXT(__ppoll64)(fds, count, timeout, mask);
    UNLESS_REFUSED(readiness_poll(NEXT(ppoll), fds, count, nanoseconds, mask),
                   NEXT(__ppoll64)(fds, count, timeout, mask));
}

HOOK_WHILE(CONCERN_WAITS, int, __ppoll64_chk,
           (struct pollfd * fds, nfds_t count, const struct timespec64 *timeout,
            const sigset_t *mask, size_t size),
           (fds, count, timeout, mask, size))
{
    int64_t nanoseconds;
    if (size / sizeof *fds < count || !timeout_of64(timeout, &nanoseconds))
        return NEXT(__ppoll64_chk)(fds, count, timeout, mask, size);
    UNLESS_REFUSED(readiness_poll(NEXT(ppoll), fds, count, nanoseconds, mask),
                   NEXT(__ppoll64_chk)(fds, count, timeout, mask, size));
}

HOOK_WHILE(CONCERN_WAITS, int, __epoll_pwait2_time64,
           (int epoll, struct epoll_event *events, int most, const struct timespec64 *timeout,
            const sigset_t *mask),
           (epoll, events, most, timeout, mask))
{
    int64_t nanoseconds;
    if (!timeout_of64(timeout, &nanoseconds))
        return NEXT(__epoll_pwait2_time64)(epoll, events, most, timeout, mask);
    UNLESS_REFUSED(readiness_epoll(NEXT(epoll_pwait), epoll, events, most, nanoseconds, mask),
                   NEXT(__epoll_pwait2_time64)(epoll, events, most, timeout, mask));
}

HOOK_WHILE(CONCERN_WAITS, int, __select64,
           (int count, fd_set *reads, fd_set *writes, fd_set *errors, struct timeval64 *timeout),
           (count, reads, writes, errors, timeout))
{
    fd_set *sets[3] = {reads, writes, errors};
    int64_t nanoseconds = READINESS_FOREVER, since;
    if ((timeout && (!program_memory_readable(timeout, sizeof *timeout) || timeout->tv_sec < 0 ||
                     timeout->tv_usec < 0)))
        return NEXT(__select64)(count, reads, writes, errors, timeout);
    if (timeout && timeout->tv_sec < INT64_MAX / SECOND / 2)
        nanoseconds = timeout->tv_sec * SECOND + timeout->tv_usec * 1000;
    since = tcp_now_ns();
    int result = readiness_select(NEXT(pselect), count, sets, nanoseconds, NULL);
    if (result < 0 && errno != EINTR)
        return NEXT(__select64)(count, reads, writes, errors, timeout);
    if (timeout && nanoseconds >= 0) {
        int64_t left = left_of(nanoseconds, since);
        timeout->tv_sec = left / SECOND;
        timeout->tv_usec = left % SECOND / 1000;
    }
    return result;
}

HOOK_WHILE(CONCERN_WAITS, int, __pselect64,
           (int count, fd_set *reads, fd_set *writes, fd_set *errors,
            const struct timespec64 *timeout, const sigset_t *mask),
           (count, reads, writes, errors, timeout, mask))
{
    fd_set *sets[3] = {reads, writes, errors};
    int64_t nanoseconds;
    if (!timeout_of64(timeout, &nanoseconds))
        return NEXT(__pselect64)(count, reads, writes, errors, timeout, mask);
    UNLESS_REFUSED(readiness_select(NEXT(pselect), count, sets, nanoseconds, mask),
                   NEXT(__pselect64)(count, reads, writes, errors, timeout, mask));
}
#endif
