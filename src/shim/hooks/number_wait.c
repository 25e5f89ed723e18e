/* SPDX-License-Identifier: MIT */
/* Other waits, by their numbers. */
#include "shim/hooks/wait_hook.h"

#include "shim/hooks/by_number.h"
#include "shim/program_memory.h"

#include <linux/futex.h>
#include <sys/syscall.h>

/* What the hooks by name do, by what the arguments say. */
enum what {
    NEITHER, /* no wait, nor a look for what another does */
    LOOKS,
    WAITS,
    WAITS_FOR_WORD, /* while the kernel finds a value in one, and for nothing else */
};

static enum what waits_unless(bool told_not_to)
{
    return told_not_to ? LOOKS : WAITS;
}

static enum what futex_waits(long operation)
{
    switch (operation & FUTEX_CMD_MASK) {
    case FUTEX_WAIT:
    case FUTEX_WAIT_BITSET:
        return WAITS_FOR_WORD;
    case FUTEX_LOCK_PI:
    case FUTEX_WAIT_REQUEUE_PI:
    case 13: /* FUTEX_LOCK_PI2, which headers before Linux 5.14 lack */
        return WAITS;
    default:
        return NEITHER;
    }
}

static enum what what_of(const struct call *call)
{
    const union argument *a = call->a;
    switch (call->number) {
    case SYS_sched_yield:
        return LOOKS;
#ifdef SYS_futex_time64
    case SYS_futex_time64:
#endif
#ifdef SYS_futex
    case SYS_futex:
#endif
        return futex_waits(a[1].word);
#ifdef SYS_waitpid
    case SYS_waitpid:
#endif
#ifdef SYS_wait4
    case SYS_wait4:
#endif
        return waits_unless(a[2].word & WNOHANG);
    case SYS_waitid:
        return waits_unless(a[3].word & WNOHANG);
    case SYS_flock:
        return waits_unless(a[1].word & (LOCK_NB | LOCK_UN));
    case SYS_msgrcv:
        return waits_unless(a[4].word & IPC_NOWAIT);
    case SYS_msgsnd:
        return waits_unless(a[3].word & IPC_NOWAIT);
    default:
        return WAITS;
    }
}

/* A child, or a lock on a file, is asked for again and again. */
static long attempt(const struct call *call)
{
    struct call now = *call;
    now.a[call->number == SYS_flock ? 1 : 2].word |= call->number == SYS_flock ? LOCK_NB : WNOHANG;
    return call_plainly(&now);
}

/* Who has a lock of its own, as Chromium's allocator, waits while a word has this value. One that
 * another thread holds for a moment starts nothing, as other locks (lock.c). True: it is free, and
 * the kernel, asked now, might find it taken once more. */
static bool futex_changes(const struct call *call)
{
    const uint32_t *word = call->a[0].pointer;
    int64_t since = 0;
    if (!program_memory_readable(word, sizeof *word))
        return false;
    do
        if (__atomic_load_n(word, __ATOMIC_RELAXED) != (uint32_t)call->a[2].word)
            return true;
    while (waiting_a_moment(&since));
    return false;
}

/* Of the others that fail when they are interrupted only these are known not to have begun. */
static long wait_by_number(const struct call *call)
{
    switch (call->number) {
    case SYS_flock:
        WAIT_ATTEMPTING(WAIT_RESTARTS, long, attempt(call), wait_is_taken);
        break;
#ifdef SYS_waitpid
    case SYS_waitpid:
#endif
#ifdef SYS_wait4
    case SYS_wait4:
#endif
        WAIT_ATTEMPTING(WAIT_RESTARTS, long, attempt(call), wait_no_child);
        break;
#ifdef SYS_pause
    case SYS_pause:
#endif
#ifdef SYS_sigsuspend
    case SYS_sigsuspend:
#endif
    case SYS_rt_sigsuspend:
        if (!waiting_before_block(WAIT_ENDS))
            return hook_fail(EINTR);
        break;
    default:
        waiting_before_block(WAIT_GOES_ON);
    }
    return call_plainly(call);
}

long BLOCK_by_number(const struct call *call)
{
    enum what what = what_of(call);
    if (what == WAITS_FOR_WORD && waiting_concerns_thread() && futex_changes(call))
        return hook_fail(EAGAIN);
    if (what == WAITS || what == WAITS_FOR_WORD)
        return wait_by_number(call);
    if (what == LOOKS)
        waiting_looked();
    return call_plainly(call);
}
