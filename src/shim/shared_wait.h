/* SPDX-License-Identifier: MIT */
/* A wait of the program for readiness, which what lingers can share: one call waits for both. */
#ifndef TFOSHIM_SHIM_SHARED_WAIT_H
#define TFOSHIM_SHIM_SHARED_WAIT_H

#include "contract.h"

#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <time.h>

/* Who makes the call: the next library, or syscall(). */
typedef __typeof__(ppoll) ppoll_fn;
typedef __typeof__(pselect) pselect_fn;
typedef __typeof__(epoll_pwait) epoll_pwait_fn;

struct wait {
    enum { POLL, SELECT, EPOLL } kind;
    union {
        ppoll_fn *ppoll;
        pselect_fn *pselect;
        epoll_pwait_fn *epoll_pwait;
    } next;
    const sigset_t *mask;
    union {
        struct {
            struct pollfd *fds;
            nfds_t count;
        } poll;
        struct {
            fd_set **given;
            int count;
        } select;
        struct {
            struct epoll_event *events;
            int epoll, most;
        } epoll;
    };
};

/* The program's call, with this timeout (nanoseconds, -1: none) and mask. */
int wait_call(const struct wait *, int64_t timeout, const sigset_t *mask);

/* The same. select() overwrites its sets: they are put back where the answer is "nothing", if they
 * may be looked at. */
int wait_ask(const struct wait *, int64_t timeout, const sigset_t *mask);

/* Descriptors in a set, at most: an fd_set may be longer than the C library has it, for the kernel
 * goes by its count alone. */
#define WAIT_SET_MOST 4096
#define WAIT_SET_BITS (8 * sizeof(unsigned long))

static inline bool wait_set_has(const void *set, int fd)
{
    return (((const unsigned long *)set)[(size_t)fd / WAIT_SET_BITS] >>
            (size_t)fd % WAIT_SET_BITS) &
           1;
}

/* Of a select(): may its sets be looked at, and are they not too long? */
bool wait_sets_readable(const struct wait *) NONNULL;

/* Can the wait be shared: is there room, and may its memory be looked at? */
bool wait_is_shareable(const struct wait *) NONNULL;

/* The program's call, while the private epoll is waited for and served as well. The sets of
 * select() are as after wait_ask(). */
int wait_share(const struct wait *, int64_t timeout) NONNULL;

/* "Nothing", after one of these, is what the program is told; but writable is what `is_writable`
 * says so of. Returns how many. */
int wait_answer(const struct wait *, bool (*is_writable)(int fd)) NONNULL;

#endif
