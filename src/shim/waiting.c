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
#include <string.h>
#include <sys/single_threaded.h>
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

void waiting_before_block_slowly(void)
{
    int saved = errno;
    story_because("the thread is about to wait for something else");
    machine_start_thread();
    machine_settle_lingering();
    errno = saved;
}

void waiting_before_call(int fd, short events)
{
    /* What has been written on since is deferred no more, and the kernel need not be asked. */
    if (((deferring_any() && machine_each_deferred(keep, NULL)) || pending_any()) &&
        !tcp_is_nonblocking(fd) && !tcp_wait(fd, events, 0))
        waiting_before_block_slowly();
}
