/* SPDX-License-Identifier: MIT */
/* Other waits, by their numbers. */
#include "shim/hooks/wait_hook.h"

#include "shim/hooks/by_number.h"

#include <linux/futex.h>
#include <sys/syscall.h>

/* What the hooks by name do, by what the arguments say. */
enum waiting {
    NEITHER, /* no wait, nor a look for what another does */
    LOOKS,
    WAITS,
};

static enum waiting waits_unless(bool told_not_to)
{
    return told_not_to ? LOOKS : WAITS;
}

static enum waiting futex_waits(long operation)
{
    switch (operation & FUTEX_CMD_MASK) {
    case FUTEX_WAIT:
    case FUTEX_WAIT_BITSET:
    case FUTEX_LOCK_PI:
    case FUTEX_WAIT_REQUEUE_PI:
    case 13: /* FUTEX_LOCK_PI2, which headers before Linux 5.14 lack */
        return WAITS;
    default:
        return NEITHER;
    }
}

static enum waiting waiting_of(const struct call *call)
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

/* Of the other waits nothing is known when a handler has run: they go on. */
static enum wait_kind kind_by_number(const struct call *call)
{
    switch (call->number) {
#ifdef SYS_waitpid
    case SYS_waitpid:
#endif
#ifdef SYS_wait4
    case SYS_wait4:
#endif
    case SYS_flock:
        return WAIT_RESTARTS;
#ifdef SYS_pause
    case SYS_pause:
#endif
#ifdef SYS_sigsuspend
    case SYS_sigsuspend:
#endif
    case SYS_rt_sigsuspend:
        return WAIT_ENDS;
    default:
        return WAIT_GOES_ON;
    }
}

/* The same call without waiting may find what it would have waited for. */
static long interrupted(const struct call *call)
{
    struct call now = *call;
    if (kind_by_number(call) == WAIT_ENDS)
        return hook_fail(EINTR);
    if (call->number == SYS_flock) {
        now.a[1].word |= LOCK_NB;
        return wait_interrupted(call_plainly(&now), EWOULDBLOCK);
    }
    now.a[2].word |= WNOHANG;
    long child = call_plainly(&now);
    return child ? child : hook_fail(EINTR);
}

long BLOCK_by_number(const struct call *call)
{
    enum waiting waiting = waiting_of(call);
    if (waiting == WAITS && !waiting_before_block(kind_by_number(call)))
        return interrupted(call);
    if (waiting == LOOKS)
        waiting_looked();
    return call_plainly(call);
}
