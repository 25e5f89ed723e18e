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
 * asks a handful of times between connect and write; a spinning one passes this in microseconds. */
#define ZERO_TIMEOUTS_SURVIVED 64

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

void waiting_looked_slowly(void)
{
    int saved = errno;
    bool often = ++deferring.zero_timeouts >= ZERO_TIMEOUTS_SURVIVED;
    story_because(often ? "the thread looks again and again, and does not write"
                        : "the kernel does not know of its deferral");
    if (often)
        machine_start_thread();
    else
        machine_each_deferred(settle_by_shim, NULL);
    errno = saved;
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
static bool settle_lingering(const struct pollfd *beside, enum wait_kind kind)
{
    const uint64_t all = ~UINT64_C(0);
    uint64_t programs = 0;
    tcp_call(SYS_rt_sigprocmask, SIG_SETMASK, (long)&all, (long)&programs, sizeof all, 0, 0);
    const uint64_t blocked = blocked_for(kind, programs);
    bool goes_on = machine_settle_lingering(beside, &blocked);
    tcp_call(SYS_rt_sigprocmask, SIG_SETMASK, (long)&programs, 0, sizeof programs, 0, 0);
    return goes_on;
}

static bool before_wait(const struct pollfd *beside, enum wait_kind kind)
{
    int saved = errno;
    story_because("the thread is about to wait for something else");
    machine_start_thread();
    bool goes_on = !pending_any() || settle_lingering(beside, kind);
    errno = goes_on ? saved : EINTR;
    return goes_on;
}

bool waiting_before_block_slowly(enum wait_kind kind)
{
    const struct pollfd nothing = {.fd = -1};
    return before_wait(&nothing, kind);
}

/* A time limit of the socket's makes the kernel end what it would restart. */
static enum wait_kind kind_of(int fd, short events)
{
    int limit = events & POLLIN ? tcp_receive_timeout(fd) : tcp_send_timeout(fd);
    return limit ? WAIT_ENDS : WAIT_RESTARTS;
}

bool waiting_before_call(int fd, short events)
{
    const struct pollfd call = {.fd = fd, .events = events};
    /* What has been written on since is deferred no more, and the kernel need not be asked. */
    if (!((deferring_any() && machine_each_deferred(keep, NULL)) || pending_any()) ||
        tcp_is_nonblocking(fd) || tcp_wait(fd, events, 0))
        return true;
    return before_wait(&call, kind_of(fd, events));
}
