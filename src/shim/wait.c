/* SPDX-License-Identifier: MIT */
#include "shim/wait.h"

#include "kernel/tcp.h"
#include "shim/connection.h"
#include "shim/verbs.h"

#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <stdatomic.h>

/* Waits that could have blocked and were answered at once leave a connection deferred this many
 * times: some programs ask twice or more whether they may write. The program may as well be told
 * "writable" for ever and never write. */
#define WAITS_SURVIVED 8

/* A program may spin on polls or reads that cannot block, or yield, and never write. An event loop
 * asks a handful of times between connect and write; a spinning one passes this in microseconds. */
#define ZERO_TIMEOUTS_SURVIVED 64

__thread struct wait_thread wait_thread;

/* The C library holds this many thread-specific values inside the thread itself; beyond them
 * pthread_setspecific() allocates, which no hook may. */
#define KEYS_WITHOUT_ALLOCATION 32
static pthread_key_t thread_end;
static bool thread_end_usable;

static void start_at_thread_end(void *unused)
{
    (void)unused;
    wait_start_all();
}

void wait_set_up(void)
{
    thread_end_usable = pthread_key_create(&thread_end, start_at_thread_end) == 0 &&
                        thread_end < KEYS_WITHOUT_ALLOCATION;
}

uint64_t wait_thread_id(void)
{
    return (uint64_t)(uintptr_t)&wait_thread;
}

void wait_thread_deferred(unsigned slot)
{
    struct wait_thread *mine = &wait_thread;
    if (mine->end == 0) {
        mine->begin = slot;
        mine->zero_timeouts = 0;
        if (thread_end_usable)
            pthread_setspecific(thread_end, mine);
    }
    /* A signal handler may connect in the middle of this: `end`, which says that the range is in
     * use, is written last and only ever grows here. */
    if (slot < mine->begin)
        mine->begin = slot;
    atomic_signal_fence(memory_order_seq_cst);
    if (slot + 1 > mine->end)
        mine->end = slot + 1;
}

enum walk {
    START_NONE, /* look whether there are any */
    START_ALL,
    START_SURVIVORS, /* those that were left deferred by a wait before; the others are now */
    START_BY_SHIM,   /* those whose readiness the kernel is about to tell, wrongly */
};

/* Is this one to be started by such a walk? Those that are not have survived a wait. */
static bool is_to_start(struct record *record, enum walk what)
{
    if (what == START_ALL)
        return true;
    if (what == START_NONE || what == START_BY_SHIM)
        return false;
    if (record->tag.flags / RECORD_WAIT_SURVIVED >= WAITS_SURVIVED)
        return true;
    return !record_change(&record_connections, record, RECORD_DEFERRED,
                          record->tag.flags + RECORD_WAIT_SURVIVED, 0);
}

/* Walks this thread's deferred connections; returns whether any is still deferred afterwards. */
static bool walk(enum walk what)
{
    struct wait_thread range = wait_thread;
    bool left = false;
    /* Emptied before the walk, so that a connect in a signal handler in its midst is not lost. */
    wait_thread.end = 0;
    for (unsigned slot = range.begin; slot < range.end; slot++) {
        struct record record;
        if (!record_get_slot(&record_connections, slot, &record) ||
            record.tag.state != RECORD_DEFERRED || record.owner != wait_thread_id() ||
            (what != START_NONE && !verb_find(record.fd, &record)))
            continue;
        if (what != START_ALL && what != START_NONE && (record.tag.flags & RECORD_BY_SHIM)) {
            /* Only blocking sockets are: their connect would have waited for the handshake. */
            verb_settle(&record);
        } else if (is_to_start(&record, what)) {
            verb_start(&record);
        } else {
            wait_thread_deferred(slot);
            wait_thread.zero_timeouts = range.zero_timeouts;
            left = true;
        }
    }
    return left;
}

bool wait_must_ask_slowly(bool zero_timeout)
{
    if (!zero_timeout)
        return walk(START_SURVIVORS);
    if (++wait_thread.zero_timeouts >= ZERO_TIMEOUTS_SURVIVED)
        wait_start_all();
    else
        walk(START_BY_SHIM);
    return false;
}

void wait_start_all_slowly(void)
{
    int saved = errno;
    walk(START_ALL);
    errno = saved;
}

void wait_before_blocking(int fd, short events)
{
    /* What has been written on since is deferred no more, and the kernel need not be asked. */
    if (wait_thread_defers() && walk(START_NONE) && !tcp_is_nonblocking(fd) &&
        !tcp_wait(fd, events, 0))
        wait_start_all();
}
