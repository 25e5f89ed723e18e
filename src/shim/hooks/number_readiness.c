/* SPDX-License-Identifier: MIT */
/*
 * The waits of event loops, by their numbers. The kernel has each with and without a signal mask,
 * for two widths of time, and some machines lack the older ones.
 */
#include "shim/hook.h"

#include "shim/hooks/by_number.h"
#include "shim/hooks/inner.h"
#include "shim/program_memory.h"

#include <string.h>
#include <sys/syscall.h>

/* The size of the kernel's signal set. It refuses a mask of any other, and then makes no wait. */
#define MASK_SIZE 8

/* pselect6() has its mask and the size of it behind one pointer. */
struct select_mask {
    const sigset_t *set;
    size_t size;
};

#ifdef SYS_poll
static int next_poll(struct pollfd *fds, nfds_t count, int timeout)
{
    return (int)NEXT(syscall)(SYS_poll, fds, count, timeout);
}
#endif

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

#ifdef SYS_epoll_wait
static int next_epoll_wait(int epoll, struct epoll_event *events, int most, int timeout)
{
    return (int)NEXT(syscall)(SYS_epoll_wait, epoll, events, most, timeout);
}
#endif

/* Of the two numbers of select() on some machines the older is of a call that takes one argument.
 */
#ifdef SYS__newselect
#define NUMBER_OF_SELECT SYS__newselect
#elif defined SYS_select
#define NUMBER_OF_SELECT SYS_select
#endif

#ifdef NUMBER_OF_SELECT
static int next_select(int count, fd_set *reads, fd_set *writes, fd_set *errors,
                       struct timeval *timeout)
{
    return (int)NEXT(syscall)(NUMBER_OF_SELECT, count, reads, writes, errors, timeout);
}
#endif

#ifdef SYS_ppoll_time64 /* a machine on which long is narrower than time may be */
static int next_ppoll64(struct pollfd *fds, nfds_t count, const struct timespec64 *timeout,
                        const sigset_t *mask)
{
    return (int)NEXT(syscall)(SYS_ppoll_time64, fds, count, timeout, mask, MASK_SIZE);
}

static int next_pselect64(int count, fd_set *reads, fd_set *writes, fd_set *errors,
                          const struct timespec64 *timeout, const sigset_t *mask)
{
    struct select_mask sized = {mask, MASK_SIZE};
    return (int)NEXT(syscall)(SYS_pselect6_time64, count, reads, writes, errors, timeout, &sized);
}
#endif

#ifdef SYS_epoll_pwait2
#ifdef SYS_ppoll_time64
#define EPOLL_PWAIT2(suffix) suffix##_64
#define EPOLL_TIMEOUT struct timespec64
#else
#define EPOLL_PWAIT2(suffix) suffix
#define EPOLL_TIMEOUT struct timespec
#endif
static int next_epoll_pwait2(int epoll, struct epoll_event *events, int most,
                             const EPOLL_TIMEOUT *timeout, const sigset_t *mask)
{
    return (int)NEXT(syscall)(SYS_epoll_pwait2, epoll, events, most, timeout, mask, MASK_SIZE);
}
#endif

/* What the kernel is going to refuse is its own to refuse. */
static long refused(const struct call *call)
{
    wait_start_all();
    return call_plainly(call);
}

static long poll_by_number(const struct call *call)
{
    const union argument *a = call->a;
    struct pollfd *fds = a[0].pointer;
    nfds_t count = (nfds_t)a[1].word;
#ifdef SYS_poll
    if (call->number == SYS_poll)
        return wait_poll(next_poll, fds, count, (int)a[2].word);
#endif
    if (a[3].pointer && a[4].word != MASK_SIZE)
        return refused(call);
#ifdef SYS_ppoll_time64
    if (call->number == SYS_ppoll_time64)
        return wait_ppoll64(next_ppoll64, fds, count, a[2].pointer, a[3].pointer);
#endif
    return wait_ppoll(next_ppoll, fds, count, a[2].pointer, a[3].pointer);
}

static long select_by_number(const struct call *call)
{
    const union argument *a = call->a;
    int count = (int)a[0].word;
    struct select_mask mask = {NULL, MASK_SIZE};
#ifdef NUMBER_OF_SELECT
    if (call->number == NUMBER_OF_SELECT)
        return wait_select(next_select, count, a[1].pointer, a[2].pointer, a[3].pointer,
                           a[4].pointer);
#endif
    if (a[5].pointer) {
        if (!program_memory_readable(a[5].pointer, sizeof mask))
            return refused(call);
        memcpy(&mask, a[5].pointer, sizeof mask);
    }
    if (mask.set && mask.size != MASK_SIZE)
        return refused(call);
#ifdef SYS_pselect6_time64
    if (call->number == SYS_pselect6_time64)
        return wait_pselect64(next_pselect64, count, a[1].pointer, a[2].pointer, a[3].pointer,
                              a[4].pointer, mask.set);
#endif
    return wait_pselect(next_pselect, count, a[1].pointer, a[2].pointer, a[3].pointer, a[4].pointer,
                        mask.set);
}

static long epoll_by_number(const struct call *call)
{
    const union argument *a = call->a;
    int epoll = (int)a[0].word, most = (int)a[2].word;
    struct epoll_event *events = a[1].pointer;
#ifdef SYS_epoll_wait
    if (call->number == SYS_epoll_wait)
        return wait_epoll(next_epoll_wait, epoll, events, most, (int)a[3].word);
#endif
    if (a[4].pointer && a[5].word != MASK_SIZE)
        return refused(call);
#ifdef SYS_epoll_pwait2
    if (call->number == SYS_epoll_pwait2)
        return EPOLL_PWAIT2(wait_epoll_pwait2)(next_epoll_pwait2, epoll, events, most, a[3].pointer,
                                               a[4].pointer);
#endif
    return wait_epoll_pwait(next_epoll_pwait, epoll, events, most, (int)a[3].word, a[4].pointer);
}

long READINESS_by_number(const struct call *call)
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
        return refused(call);
#endif
    default:
        return epoll_by_number(call);
    }
}
