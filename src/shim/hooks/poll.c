/* SPDX-License-Identifier: MIT */
/*
 * The waits of event loops. Where this thread has deferred a connection they ask first, with
 * timeout 0: a loop that is about to be told "writable" writes next, and that write goes into the
 * SYN.
 */
#include "shim/hook.h"

#include "shim/program_memory.h"

#include <string.h>

static const struct timespec no_time;

/* Asked only where something is deferred; a bad pointer is the kernel's to answer. `part` is
 * tv_nsec or tv_usec. */
#define IS_ZERO(timeout, part)                                                                     \
    (wait_thread_defers() && (timeout) && program_memory_readable(timeout, sizeof *(timeout)) &&   \
     (timeout)->tv_sec == 0 && (timeout)->part == 0)

/* Whoever has been told that a connection is writable believes that it stands. */
static int told(const struct pollfd *fds, nfds_t count, int ready)
{
    for (nfds_t i = 0; ready > 0 && i < count; i++)
        if (fds[i].revents & POLLOUT)
            connection_believed(fds[i].fd);
    return ready;
}

/* `ask` is the call with no time to wait, `wait` the call as it was made. */
#define POLL_CALL(zero, ask, told_ready, wait)                                                     \
    do {                                                                                           \
        if (wait_must_ask(zero)) {                                                                 \
            int ready = ask;                                                                       \
            if (ready != 0)                                                                        \
                return told_ready;                                                                 \
            wait_start_all();                                                                      \
        }                                                                                          \
        return wait;                                                                               \
    } while (0)

SHIM_HOOK int poll(struct pollfd *fds, nfds_t count, int timeout)
{
    POLL_CALL(timeout == 0, NEXT(poll)(fds, count, 0), told(fds, count, ready),
              NEXT(poll)(fds, count, timeout));
}

SHIM_ALIAS(poll) __typeof__(poll) __poll;

SHIM_HOOK int __poll_chk(struct pollfd *fds, nfds_t count, int timeout, size_t size)
{
    POLL_CALL(timeout == 0, NEXT(__poll_chk)(fds, count, 0, size), told(fds, count, ready),
              NEXT(__poll_chk)(fds, count, timeout, size));
}

SHIM_HOOK int ppoll(struct pollfd *fds, nfds_t count, const struct timespec *timeout,
                    const sigset_t *mask)
{
    POLL_CALL(IS_ZERO(timeout, tv_nsec), NEXT(ppoll)(fds, count, &no_time, mask),
              told(fds, count, ready), NEXT(ppoll)(fds, count, timeout, mask));
}

SHIM_HOOK int __ppoll_chk(struct pollfd *fds, nfds_t count, const struct timespec *timeout,
                          const sigset_t *mask, size_t size)
{
    POLL_CALL(IS_ZERO(timeout, tv_nsec), NEXT(__ppoll_chk)(fds, count, &no_time, mask, size),
              told(fds, count, ready), NEXT(__ppoll_chk)(fds, count, timeout, mask, size));
}

/* Registering interest is no wait. But a registration made before the connect is told of changes
 * only, and to the kernel a deferral is none; and a socket that the shim has deferred looks dead.
 */
SHIM_HOOK int epoll_ctl(int epoll, int operation, int fd, struct epoll_event *event)
{
    if (operation == EPOLL_CTL_ADD)
        connection_watched(fd, event);
    return NEXT(epoll_ctl)(epoll, operation, fd, event);
}

SHIM_HOOK int epoll_wait(int epoll, struct epoll_event *events, int most, int timeout)
{
    POLL_CALL(timeout == 0, NEXT(epoll_wait)(epoll, events, most, 0), ready,
              NEXT(epoll_wait)(epoll, events, most, timeout));
}

SHIM_HOOK int epoll_pwait(int epoll, struct epoll_event *events, int most, int timeout,
                          const sigset_t *mask)
{
    POLL_CALL(timeout == 0, NEXT(epoll_pwait)(epoll, events, most, 0, mask), ready,
              NEXT(epoll_pwait)(epoll, events, most, timeout, mask));
}

SHIM_HOOK int epoll_pwait2(int epoll, struct epoll_event *events, int most,
                           const struct timespec *timeout, const sigset_t *mask)
{
    POLL_CALL(IS_ZERO(timeout, tv_nsec), NEXT(epoll_pwait2)(epoll, events, most, &no_time, mask),
              ready, NEXT(epoll_pwait2)(epoll, events, most, timeout, mask));
}

/* select() overwrites its sets: they are kept, to be put back where the question is answered
 * "nothing". Sets beyond FD_SETSIZE are possible and rare: nothing is asked then, everything is
 * started. */
struct select_sets {
    fd_set *given[3];
    fd_set kept[3];
    size_t size;
};

static bool keep_sets(struct select_sets *sets, int count)
{
    const size_t bits = 8 * sizeof(unsigned long);
    if (count < 0 || count > FD_SETSIZE)
        return false;
    sets->size = ((size_t)count + bits - 1) / bits * sizeof(unsigned long);
    for (int i = 0; i < 3; i++) {
        if (!sets->given[i])
            continue;
        if (!program_memory_readable(sets->given[i], sets->size))
            return false;
        memcpy(&sets->kept[i], sets->given[i], sets->size);
    }
    return true;
}

static void put_sets_back(const struct select_sets *sets)
{
    for (int i = 0; i < 3; i++)
        if (sets->given[i])
            memcpy(sets->given[i], &sets->kept[i], sets->size);
}

/* Handles the answer. 0: nothing was ready, everything is started, and the call may wait. */
static int after_asking(const struct select_sets *sets, int count, int ready)
{
    if (ready == 0) {
        put_sets_back(sets);
        wait_start_all();
    }
    for (int fd = 0; ready > 0 && sets->given[1] && fd < count; fd++)
        if (FD_ISSET(fd, sets->given[1]))
            connection_believed(fd);
    return ready;
}

/* `ask` is the call with no time to wait, `wait` the call as it was made. */
#define SELECT_CALL(zero, ask, wait)                                                               \
    do {                                                                                           \
        if (wait_must_ask(zero)) {                                                                 \
            struct select_sets sets = {.given = {reads, writes, errors}};                          \
            if (!keep_sets(&sets, count)) {                                                        \
                wait_start_all();                                                                  \
            } else {                                                                               \
                int ready = after_asking(&sets, count, ask);                                       \
                if (ready != 0)                                                                    \
                    return ready;                                                                  \
            }                                                                                      \
        }                                                                                          \
        return wait;                                                                               \
    } while (0)

SHIM_HOOK int select(int count, fd_set *reads, fd_set *writes, fd_set *errors,
                     struct timeval *timeout)
{
    struct timeval now = {0, 0};
    SELECT_CALL(IS_ZERO(timeout, tv_usec), NEXT(select)(count, reads, writes, errors, &now),
                NEXT(select)(count, reads, writes, errors, timeout));
}

SHIM_ALIAS(select) __typeof__(select) __select;

SHIM_HOOK int pselect(int count, fd_set *reads, fd_set *writes, fd_set *errors,
                      const struct timespec *timeout, const sigset_t *mask)
{
    SELECT_CALL(IS_ZERO(timeout, tv_nsec),
                NEXT(pselect)(count, reads, writes, errors, &no_time, mask),
                NEXT(pselect)(count, reads, writes, errors, timeout, mask));
}

#ifdef TFOSHIM_TIME64
static const struct timespec64 no_time64;

SHIM_HOOK int __ppoll64(struct pollfd *fds, nfds_t count, const struct timespec64 *timeout,
                        const sigset_t *mask)
{
    POLL_CALL(IS_ZERO(timeout, tv_nsec), NEXT(__ppoll64)(fds, count, &no_time64, mask),
              told(fds, count, ready), NEXT(__ppoll64)(fds, count, timeout, mask));
}

SHIM_HOOK int __ppoll64_chk(struct pollfd *fds, nfds_t count, const struct timespec64 *timeout,
                            const sigset_t *mask, size_t size)
{
    POLL_CALL(IS_ZERO(timeout, tv_nsec), NEXT(__ppoll64_chk)(fds, count, &no_time64, mask, size),
              told(fds, count, ready), NEXT(__ppoll64_chk)(fds, count, timeout, mask, size));
}

SHIM_HOOK int __epoll_pwait2_time64(int epoll, struct epoll_event *events, int most,
                                    const struct timespec64 *timeout, const sigset_t *mask)
{
    POLL_CALL(IS_ZERO(timeout, tv_nsec),
              NEXT(__epoll_pwait2_time64)(epoll, events, most, &no_time64, mask), ready,
              NEXT(__epoll_pwait2_time64)(epoll, events, most, timeout, mask));
}

SHIM_HOOK int __select64(int count, fd_set *reads, fd_set *writes, fd_set *errors,
                         struct timeval64 *timeout)
{
    struct timeval64 now = {0, 0};
    SELECT_CALL(IS_ZERO(timeout, tv_usec), NEXT(__select64)(count, reads, writes, errors, &now),
                NEXT(__select64)(count, reads, writes, errors, timeout));
}

SHIM_HOOK int __pselect64(int count, fd_set *reads, fd_set *writes, fd_set *errors,
                          const struct timespec64 *timeout, const sigset_t *mask)
{
    SELECT_CALL(IS_ZERO(timeout, tv_nsec),
                NEXT(__pselect64)(count, reads, writes, errors, &no_time64, mask),
                NEXT(__pselect64)(count, reads, writes, errors, timeout, mask));
}
#endif
