/* SPDX-License-Identifier: MIT */
/* Before all others: it decides which names the C library's headers give. */
#include "shim/next.h"

#include "shim/waiting.h"

#include "kernel/tcp.h"
#include "shim/machine.h"
#include "shim/note.h"
#include "shim/own.h"
#include "shim/program_memory.h"
#include "shim/shim.h"
#include "shim/story.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>

/* A program may spin on polls or reads that cannot block, or yield, and never write. An event loop
 * asks a handful of times between connect and write, for each of its connections and for what else
 * it has in hand; a spinning one passes this in microseconds. */
#define ZERO_TIMEOUTS_SURVIVED 64

/* A queue between threads is locked for less than this, in nanoseconds, and nobody who waits for
 * another machine gives a lock back within it. */
#define MOMENT_NS 100000

/* So late is seen what cannot be waited for together with a handshake. */
#define A_WHILE_MS 1

#define NS_PER_MS 1000000

/* ---- what this thread has deferred ---- */

static bool keep(struct record *record, const void *context)
{
    (void)record, (void)context;
    return true;
}

/* Only blocking sockets are deferred by the shim: their connect would have waited for the
 * handshake, and their readiness the kernel would tell wrongly. */
static bool settle_by_shim(struct record *record, const void *context)
{
    (void)context;
    if (!(record->tag.flags & RECORD_BY_SHIM) || !machine_find(record->fd, record))
        return true;
    machine_settle(record);
    return false;
}

static bool count(struct record *record, const void *context)
{
    unsigned *const *counter = context;
    (void)record;
    ++**counter;
    return true;
}

/* So often for each connection: those that a browser opens for a page are many at a time. */
static bool looked_too_often(void)
{
    unsigned deferred = 0;
    if (++deferring.zero_timeouts % ZERO_TIMEOUTS_SURVIVED != 0)
        return false;
    machine_each_deferred(count, &(unsigned *){&deferred});
    return deferring.zero_timeouts >= deferred * ZERO_TIMEOUTS_SURVIVED;
}

void waiting_looked_slowly(void)
{
    int saved = errno;
    bool often = looked_too_often();
    story_because(often ? "the thread polled many times and did not write"
                        : "the shim deferred it, so the kernel cannot report it");
    if (often)
        machine_start_thread();
    else
        machine_each_deferred(settle_by_shim, NULL);
    errno = saved;
}

/* The time is looked at before others have theirs: on a busy machine theirs may be long, and what
 * they held is free then. */
bool waiting_a_moment(int64_t *since)
{
    int64_t now = tcp_now_ns();
    if (*since == 0)
        *since = now;
    if (now - *since >= MOMENT_NS)
        return false;
    NEXT(sched_yield)();
    return true;
}

/* Handlers that would not end the wait run when it is over: only of the others is one known to have
 * run. The C library's own signals are the kernel's 32 and 33. */
static uint64_t blocked_for(enum wait_kind kind, uint64_t programs)
{
    uint64_t blocked = programs | UINT64_C(3) << 31;
    if (kind == WAIT_GOES_ON)
        return ~UINT64_C(0);
    for (int number = 1; kind == WAIT_RESTARTS && number <= 64; number++) {
        struct sigaction action;
        if (sigaction(number, NULL, &action) == 0 && (action.sa_flags & SA_RESTART))
            blocked |= UINT64_C(1) << (number - 1);
    }
    return blocked;
}

/* Between two waits a signal would be handled, and lost to the program's, which it is to end. */
static void hold_signals(struct waiting *waiting)
{
    const uint64_t all = ~UINT64_C(0);
    tcp_call(SYS_rt_sigprocmask, SIG_SETMASK, (long)&all, (long)&waiting->programs, sizeof all, 0,
             0);
    waiting->blocked = blocked_for(waiting->kind, waiting->programs);
    waiting->holds = true;
}

void waiting_over(struct waiting *waiting)
{
    if (waiting->holds)
        tcp_call(SYS_rt_sigprocmask, SIG_SETMASK, (long)&waiting->programs, 0,
                 sizeof waiting->programs, 0, 0);
    waiting->holds = false;
}

/* Until a time, in CLOCK_MONOTONIC. */
static enum waited wait_until(struct waiting *waiting, int64_t until_ms)
{
    int saved = errno;
    if (!waiting->holds) {
        story_because("the thread is about to wait for something else");
        machine_start_thread();
        if (!pending_any())
            return WAITED_ENOUGH;
        hold_signals(waiting);
    }
    int ended = machine_settle_lingering(&waiting->beside, &waiting->blocked, until_ms);
    if (ended != -ETIME)
        waiting_over(waiting);
    errno = ended == -EINTR ? EINTR : saved;
    return ended == -EINTR ? WAITED_INTERRUPTED : ended == -ETIME ? WAITED_A_WHILE : WAITED_ENOUGH;
}

enum waited waiting_a_while(struct waiting *waiting)
{
    return wait_until(waiting, tcp_now_ms() + A_WHILE_MS);
}

bool waiting_before_block_slowly(enum wait_kind kind)
{
    struct waiting waiting = WAITING(kind);
    return wait_until(&waiting, MACHINE_FOR_EVER) != WAITED_INTERRUPTED;
}

enum waited waiting_before_sleep(int64_t nanoseconds, int64_t *left)
{
    struct waiting waiting = WAITING(WAIT_ENDS);
    int64_t end = tcp_now_ns() + nanoseconds;
    enum waited waited = wait_until(&waiting, end / NS_PER_MS);
    waiting_over(&waiting);
    *left = end - tcp_now_ns();
    if (*left < 0)
        *left = 0;
    return waited;
}

/* A time limit of the socket's makes the kernel end what it would restart. */
static enum wait_kind kind_of(int fd, short events)
{
    int limit = events & POLLIN ? tcp_receive_timeout(fd) : tcp_send_timeout(fd);
    return limit ? WAIT_ENDS : WAIT_RESTARTS;
}

bool waiting_before_call(int fd, short events)
{
    /* What has been written on since is deferred no more, and the kernel need not be asked. */
    if (!((deferring_any() && machine_each_deferred(keep, NULL)) || pending_any()) ||
        tcp_is_nonblocking(fd) || tcp_wait(fd, events, 0))
        return true;
    struct waiting waiting = {.kind = kind_of(fd, events), .beside = {.fd = fd, .events = events}};
    return wait_until(&waiting, MACHINE_FOR_EVER) != WAITED_INTERRUPTED;
}
