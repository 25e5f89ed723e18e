/* SPDX-License-Identifier: MIT */
/* Before all others: it decides which names the C library's headers give. */
#include "shim/next.h"

#include "shim/shared_wait.h"

#include "kernel/tcp.h"
#include "shim/machine.h"
#include "shim/pending.h"
#include "shim/program_memory.h"

#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <string.h>
#include <sys/mman.h>

/* A poll of more descriptors than this is copied to pages of its own, not to the stack. */
#define FEW 256

#define SECOND INT64_C(1000000000)

#define WRITABLE (POLLOUT | POLLWRNORM | POLLWRBAND)

static const struct timespec *time_of(struct timespec *time, int64_t timeout)
{
    *time = (struct timespec){.tv_sec = (time_t)(timeout / SECOND),
                              .tv_nsec = (long)(timeout % SECOND)};
    return timeout < 0 ? NULL : time;
}

/* epoll_pwait() counts in milliseconds, and a wait must not be shorter than it was asked for. */
static int milliseconds_of(int64_t timeout)
{
    int64_t milliseconds = (timeout + 999999) / 1000000;
    return timeout < 0 ? -1 : milliseconds > INT_MAX ? INT_MAX : (int)milliseconds;
}

/* An answer to what the shim has nested alone is none to the program. */
static int epoll_call(const struct wait *wait, int64_t timeout, const sigset_t *mask)
{
    int64_t deadline = timeout < 0 ? 0 : tcp_now_ns() + timeout, left = timeout;
    for (;;) {
        int ready = wait->next.epoll_pwait(wait->epoll.epoll, wait->epoll.events, wait->epoll.most,
                                           milliseconds_of(left), mask);
        int programs = pending_drop_nested(wait->epoll.events, ready);
        if (programs == ready || programs > 0)
            return programs;
        machine_serve();
        left = timeout < 0 ? timeout : deadline - tcp_now_ns();
        if (timeout >= 0 && left < 0)
            left = 0;
    }
}

int wait_call(const struct wait *wait, int64_t timeout, const sigset_t *mask)
{
    struct timespec time;
    switch (wait->kind) {
    case POLL:
        return wait->next.ppoll(wait->poll.fds, wait->poll.count, time_of(&time, timeout), mask);
    case SELECT:
        return wait->next.pselect(wait->select.count, wait->select.given[0], wait->select.given[1],
                                  wait->select.given[2], time_of(&time, timeout), mask);
    default:
        return epoll_call(wait, timeout, mask);
    }
}

/* What was served may have changed what is ready: it is asked again. */
#define SERVED (-2)

/* Waits for the program's descriptors and the private epoll. `fds` has room for one more. Returns
 * how many of the program's are ready, SERVED, or -1. */
static int share_poll(struct pollfd *fds, nfds_t count, int64_t timeout, const sigset_t *mask)
{
    struct timespec time;
    fds[count] = (struct pollfd){.fd = pending_epoll(), .events = POLLIN};
    int ready = NEXT(ppoll)(fds, count + 1, time_of(&time, timeout), mask);
    if (ready > 0 && fds[count].revents) {
        machine_serve();
        return SERVED;
    }
    return ready;
}

static int share_copied(const struct wait *wait, struct pollfd *fds, int64_t timeout,
                        const sigset_t *mask)
{
    memcpy(fds, wait->poll.fds, wait->poll.count * sizeof *fds);
    int ready = share_poll(fds, wait->poll.count, timeout, mask);
    for (nfds_t i = 0; ready >= 0 && i < wait->poll.count; i++)
        wait->poll.fds[i].revents = fds[i].revents;
    return ready;
}

/* No hook calls malloc(). */
static int share_poll_call(const struct wait *wait, int64_t timeout, const sigset_t *mask)
{
    struct pollfd few[FEW + 1];
    size_t size = (wait->poll.count + 1) * sizeof *few;
    if (wait->poll.count <= FEW)
        return share_copied(wait, few, timeout, mask);
    void *many = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (many == MAP_FAILED)
        return wait_call(wait, timeout, mask);
    int ready = share_copied(wait, many, timeout, mask), error = errno;
    munmap(many, size);
    errno = error;
    return ready;
}

static int share_epoll_call(const struct wait *wait, int64_t timeout, const sigset_t *mask)
{
    struct pollfd fds[2] = {{.fd = wait->epoll.epoll, .events = POLLIN}};
    int ready = share_poll(fds, 1, timeout, mask);
    return ready > 0 ? wait_call(wait, 0, NULL) : ready;
}

static size_t size_of_sets(int count)
{
    return ((size_t)count + WAIT_SET_BITS - 1) / WAIT_SET_BITS * sizeof(unsigned long);
}

bool wait_sets_readable(const struct wait *wait)
{
    if (wait->select.count < 0 || wait->select.count > WAIT_SET_MOST)
        return false;
    for (int i = 0; i < 3; i++)
        if (wait->select.given[i] &&
            !program_memory_readable(wait->select.given[i], size_of_sets(wait->select.count)))
            return false;
    return true;
}

/* A copy of what select() was given. */
struct wait_sets {
    unsigned long words[3][WAIT_SET_MOST / WAIT_SET_BITS];
};

static void copy_sets(const struct wait *wait, struct wait_sets *to)
{
    for (int i = 0; i < 3; i++)
        if (wait->select.given[i])
            memcpy(to->words[i], wait->select.given[i], size_of_sets(wait->select.count));
}

static void put_sets_back(const struct wait *wait, const struct wait_sets *sets)
{
    for (int i = 0; i < 3; i++)
        if (wait->select.given[i])
            memcpy(wait->select.given[i], sets->words[i], size_of_sets(wait->select.count));
}

/* The kernel's sets are as long as it is told. */
static fd_set *set_of(struct wait_sets *sets, int i)
{
    return (fd_set *)(void *)sets->words[i];
}

/* What stands in the last word behind the program's count it does not ask for. */
static void drop_from(struct wait_sets *sets, int count)
{
    size_t rest = (size_t)count % WAIT_SET_BITS;
    for (int i = 0; rest && i < 3; i++)
        sets->words[i][(size_t)count / WAIT_SET_BITS] &= (1UL << rest) - 1;
}

static int share_select_call(const struct wait *wait, int64_t timeout, const sigset_t *mask)
{
    int private = pending_epoll(), count = wait->select.count;
    unsigned long bit = 1UL << (size_t) private % WAIT_SET_BITS;
    struct timespec time;
    struct wait_sets sets = {0};
    copy_sets(wait, &sets);
    drop_from(&sets, count);
    unsigned long *word = &sets.words[0][(size_t) private / WAIT_SET_BITS];
    *word |= bit;
    int ready = NEXT(pselect)(count > private ? count : private + 1, set_of(&sets, 0),
                              wait->select.given[1] ? set_of(&sets, 1) : NULL,
                              wait->select.given[2] ? set_of(&sets, 2) : NULL,
                              time_of(&time, timeout), mask);
    if (ready > 0 && (*word & bit)) {
        machine_serve();
        return SERVED;
    }
    *word &= ~bit;
    if (ready > 0)
        put_sets_back(wait, &sets);
    return ready;
}

int wait_ask(const struct wait *wait, int64_t timeout, const sigset_t *mask)
{
    struct wait_sets kept;
    if (wait->kind != SELECT || !wait_sets_readable(wait))
        return wait_call(wait, timeout, mask);
    copy_sets(wait, &kept);
    int ready = wait_call(wait, timeout, mask);
    if (ready == 0)
        put_sets_back(wait, &kept);
    return ready;
}

bool wait_is_shareable(const struct wait *wait)
{
    switch (wait->kind) {
    case POLL:
        return program_memory_readable(wait->poll.fds, wait->poll.count * sizeof *wait->poll.fds);
    case SELECT:
        return wait_sets_readable(wait) && pending_epoll() < WAIT_SET_MOST;
    default:
        return true;
    }
}

static int share_once(const struct wait *wait, int64_t timeout, const sigset_t *mask)
{
    switch (wait->kind) {
    case POLL:
        return share_poll_call(wait, timeout, mask);
    case SELECT:
        return share_select_call(wait, timeout, mask);
    default:
        return share_epoll_call(wait, timeout, mask);
    }
}

/* Signals are let in by the waits alone: one that came between two of them would be lost to the
 * program, whose call it is to interrupt. */
int wait_share(const struct wait *wait, int64_t timeout)
{
    sigset_t all, programs;
    int64_t deadline = timeout < 0 ? 0 : tcp_now_ns() + timeout, left = timeout;
    int ready;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &programs);
    const sigset_t *mask = wait->mask ? wait->mask : &programs;
    do {
        ready = share_once(wait, left, mask);
        if (ready == SERVED) /* whatever the private epoll goes on saying, it hears of its own */
            ready = wait_ask(wait, 0, mask);
        left = timeout < 0 ? timeout : deadline - tcp_now_ns();
    } while (ready == 0 && (timeout < 0 || left > 0));
    int error = errno;
    pthread_sigmask(SIG_SETMASK, &programs, NULL);
    errno = error;
    return ready;
}

int wait_answer(const struct wait *wait, bool (*is_writable)(int fd))
{
    int ready = 0;
    for (nfds_t i = 0; wait->kind == POLL && i < wait->poll.count; i++) {
        struct pollfd *fd = &wait->poll.fds[i];
        if ((fd->events & WRITABLE) && is_writable(fd->fd)) {
            fd->revents = (short)(fd->events & WRITABLE);
            ready++;
        }
    }
    if (wait->kind != SELECT || !wait_sets_readable(wait))
        return ready;
    unsigned long *writes = (unsigned long *)(void *)wait->select.given[1];
    for (int fd = 0; writes && fd < wait->select.count; fd++) {
        if (!wait_set_has(writes, fd))
            continue;
        if (is_writable(fd))
            ready++;
        else
            writes[(size_t)fd / WAIT_SET_BITS] &= ~(1UL << (size_t)fd % WAIT_SET_BITS);
    }
    for (int i = 0; i < 3; i += 2)
        if (wait->select.given[i])
            memset(wait->select.given[i], 0, size_of_sets(wait->select.count));
    return ready;
}
