/* SPDX-License-Identifier: MIT */
/*
 * The waits of event loops, by their numbers. The kernel has each with and without a signal mask,
 * for two widths of time, and some machines lack the older ones. Those with a struct timespec leave
 * in it what is left of the time.
 */
#include "shim/hook.h"

#include "kernel/call_numbers.h"
#include "kernel/tcp.h"
#include "shim/hooks/by_number.h"
#include "shim/hooks/inner.h"
#include "shim/program_memory.h"
#include "shim/readiness.h"

#include <string.h>

/* The size of the kernel's signal set. It refuses a mask of any other, and then makes no wait. */
#define MASK_SIZE 8

#define SECOND INT64_C(1000000000)

/* pselect6() has its mask and the size of it behind one pointer. */
struct select_mask {
    const sigset_t *set;
    size_t size;
};

static int next_ppoll(struct pollfd *fds, nfds_t count, const struct timespec *timeout,
                      const sigset_t *mask)
{
    return (int)NEXT(syscall)(SYS_ppoll, fds, count, timeout, mask, MASK_SIZE);
}

static int next_pselect(int count, fd_set *reads, fd_set *writes, fd_set *errors,
                        const struct timespec *timeout, const sigset_t *mask)
{
    struct select_mask sized = {mask, MASK_SIZE};
    return (int)NEXT(syscall)(SYS_pselect6, count, reads, writes, errors, timeout, &sized);
}

static int next_epoll_pwait(int epoll, struct epoll_event *events, int most, int timeout,
                            const sigset_t *mask)
{
    return (int)NEXT(syscall)(SYS_epoll_pwait, epoll, events, most, timeout, mask, MASK_SIZE);
}

/* Of the two numbers of select() on some machines the older is of a call that takes one argument.
 */
#ifdef SYS__newselect
#define NUMBER_OF_SELECT SYS__newselect
#elif defined SYS_select
#define NUMBER_OF_SELECT SYS_select
#endif

/* The kernel's widths of time. */
enum width { OLD_TIME, TIME64 };

struct time64 {
    int64_t seconds, nanoseconds;
};

/* False: it is the kernel's to refuse. */
static bool read_timeout(const void *timeout, enum width width, int64_t *nanoseconds)
{
    struct time64 time;
    if (width == OLD_TIME)
        return timeout_of(timeout, nanoseconds);
    *nanoseconds = READINESS_FOREVER;
    if (!timeout)
        return true;
    if (!program_memory_readable(timeout, sizeof time))
        return false;
    memcpy(&time, timeout, sizeof time);
    if (time.seconds < 0 || time.nanoseconds < 0 || time.nanoseconds >= SECOND)
        return false;
    if (time.seconds < INT64_MAX / SECOND / 2)
        *nanoseconds = time.seconds * SECOND + time.nanoseconds;
    return true;
}

static long leave(void *timeout, enum width width, int64_t nanoseconds, int64_t since, int result)
{
    int64_t left = nanoseconds - (tcp_now_ns() - since);
    if (left < 0)
        left = 0;
    if (timeout && nanoseconds >= 0 && width == OLD_TIME)
        *(struct timespec *)timeout =
            (struct timespec){.tv_sec = (time_t)(left / SECOND), .tv_nsec = (long)(left % SECOND)};
    else if (timeout && nanoseconds >= 0)
        memcpy(timeout, &(struct time64){left / SECOND, left % SECOND}, sizeof(struct time64));
    return result;
}

static long poll_by_number(const struct call *call)
{
    const union argument *a = call->a;
    struct pollfd *fds = a[0].pointer;
    nfds_t count = (nfds_t)a[1].word;
    int64_t nanoseconds, since = tcp_now_ns();
    enum width width = OLD_TIME;
#ifdef SYS_poll
    if (call->number == SYS_poll)
        return readiness_poll(next_ppoll, fds, count, timeout_of_milliseconds((int)a[2].word),
                              NULL);
#endif
#ifdef SYS_ppoll_time64
    if (call->number == SYS_ppoll_time64)
        width = TIME64;
#endif
    if ((a[3].pointer && a[4].word != MASK_SIZE) ||
        !read_timeout(a[2].pointer, width, &nanoseconds))
        return call_plainly(call);
    return leave(a[2].pointer, width, nanoseconds, since,
                 readiness_poll(next_ppoll, fds, count, nanoseconds, a[3].pointer));
}

static long select_by_number(const struct call *call)
{
    const union argument *a = call->a;
    fd_set *sets[3] = {a[1].pointer, a[2].pointer, a[3].pointer};
    struct select_mask mask = {NULL, MASK_SIZE};
    int64_t nanoseconds, since = tcp_now_ns();
    int count = (int)a[0].word;
    enum width width = OLD_TIME;
#ifdef NUMBER_OF_SELECT
    if (call->number == NUMBER_OF_SELECT) {
        struct timeval *timeout = a[4].pointer;
        if (!timeout_of_timeval(timeout, &nanoseconds))
            return call_plainly(call);
        int result = readiness_select(next_pselect, count, sets, nanoseconds, NULL);
        int64_t left = nanoseconds - (tcp_now_ns() - since);
        if (timeout && nanoseconds >= 0)
            *timeout =
                (struct timeval){.tv_sec = (time_t)(left > 0 ? left / SECOND : 0),
                                 .tv_usec = (suseconds_t)(left > 0 ? left % SECOND / 1000 : 0)};
        return result;
    }
#endif
#ifdef SYS_pselect6_time64
    if (call->number == SYS_pselect6_time64)
        width = TIME64;
#endif
    if (a[5].pointer) {
        if (!program_memory_readable(a[5].pointer, sizeof mask))
            return call_plainly(call);
        memcpy(&mask, a[5].pointer, sizeof mask);
    }
    if ((mask.set && mask.size != MASK_SIZE) || !read_timeout(a[4].pointer, width, &nanoseconds))
        return call_plainly(call);
    return leave(a[4].pointer, width, nanoseconds, since,
                 readiness_select(next_pselect, count, sets, nanoseconds, mask.set));
}

static long epoll_by_number(const struct call *call)
{
    const union argument *a = call->a;
    int epoll = (int)a[0].word, most = (int)a[2].word;
    struct epoll_event *events = a[1].pointer;
    int64_t nanoseconds = timeout_of_milliseconds((int)a[3].word);
#ifdef SYS_epoll_wait
    if (call->number == SYS_epoll_wait)
        return readiness_epoll(next_epoll_pwait, epoll, events, most, nanoseconds, NULL);
#endif
    if (a[4].pointer && a[5].word != MASK_SIZE)
        return call_plainly(call);
    if (call->number == SYS_epoll_pwait2 && !read_timeout(a[3].pointer, TIME64, &nanoseconds))
        return call_plainly(call);
    return readiness_epoll(next_epoll_pwait, epoll, events, most, nanoseconds, a[4].pointer);
}

static long made_by_number(const struct call *call)
{
    switch (call->number) {
#ifdef SYS_poll
    case SYS_poll:
#endif
#ifdef SYS_ppoll_time64
    case SYS_ppoll_time64:
#endif
    case SYS_ppoll:
        return poll_by_number(call);
#ifdef NUMBER_OF_SELECT
    case NUMBER_OF_SELECT:
#endif
#ifdef SYS_pselect6_time64
    case SYS_pselect6_time64:
#endif
    case SYS_pselect6:
        return select_by_number(call);
#ifdef SYS__newselect
    case SYS_select:
        waiting_before_block(WAIT_GOES_ON);
        return call_plainly(call);
#endif
    default:
        return epoll_by_number(call);
    }
}

/* What refuses another call than the program's may let its own through. */
long READINESS_by_number(const struct call *call)
{
    if (!concern_any(CONCERN_WAITS))
        return call_plainly(call);
    long result = made_by_number(call);
    return result >= 0 || errno == EINTR ? result : call_plainly(call);
}
