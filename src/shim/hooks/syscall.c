/* SPDX-License-Identifier: MIT */
/*
 * syscall(): programs reach the hooked calls by number too. libuv closes that way, to close without
 * a cancellation point, and so the real call stays a system call: the hooks' own functions are not
 * used, only what they do before it. A write needs nothing where the kernel has deferred: it sends
 * the SYN with it. Only a socket that the shim has deferred must be started.
 */
#include "shim/hook.h"

#include <linux/futex.h>
#include <stdarg.h>
#include <sys/syscall.h>

/* Returns the errno to fail with, or 0. */
static int before_read_or_accept(long number, int fd, long flags)
{
    switch (number) {
    case SYS_recvfrom:
        return connection_concerns(fd) ? connection_before_read(fd, (int)flags) : 0;
    case SYS_read:
    case SYS_readv:
    case SYS_recvmsg:
        return connection_concerns(fd) ? connection_before_read(fd, 0) : 0;
    default: /* accept */
        wait_before_blocking(fd, POLLIN);
        return 0;
    }
}

static bool futex_waits(long operation)
{
    switch (operation & FUTEX_CMD_MASK) {
    case FUTEX_WAIT:
    case FUTEX_WAIT_BITSET:
    case FUTEX_LOCK_PI:
    case FUTEX_WAIT_REQUEUE_PI:
        return true;
    default:
        return false;
    }
}

static void before_end_or_wait(long number, const long a[6])
{
    switch (number) {
    case SYS_exit_group:
        connection_before_exit();
        break;
    case SYS_execve:
    case SYS_execveat:
        connection_before_exec();
        break;
#ifdef SYS_futex_time64
    case SYS_futex_time64:
#endif
    case SYS_futex:
        if (futex_waits(a[1]))
            wait_start_all();
        break;
    case SYS_exit: /* of this thread */
    case SYS_ppoll:
    case SYS_pselect6:
    case SYS_epoll_pwait:
    case SYS_nanosleep:
    case SYS_clock_nanosleep:
    case SYS_wait4:
    case SYS_waitid:
    case SYS_rt_sigtimedwait:
    case SYS_rt_sigsuspend:
    case SYS_flock:
#ifdef SYS_epoll_pwait2
    case SYS_epoll_pwait2:
#endif
#ifdef SYS_io_uring_enter
    case SYS_io_uring_enter:
#endif
#ifdef SYS_poll
    case SYS_poll:
    case SYS_select:
    case SYS_epoll_wait:
    case SYS_pause:
#endif
#ifdef SYS_ppoll_time64
    case SYS_ppoll_time64:
    case SYS_pselect6_time64:
    case SYS_clock_nanosleep_time64:
    case SYS_rt_sigtimedwait_time64:
#endif
#ifdef SYS_socketcall /* i386: any call on a socket */
    case SYS_socketcall:
    case SYS__newselect:
    case SYS_waitpid:
#endif
        wait_start_all();
        break;
    default:
        break;
    }
}

static int before_syscall(long number, const long a[6])
{
    int fd = (int)a[0];
    switch (number) {
    case SYS_close:
        connection_before_close(fd);
        return 0;
#ifdef SYS_close_range
    case SYS_close_range:
        if (!(a[2] & 4)) /* CLOSE_RANGE_CLOEXEC closes nothing yet */
            connection_before_close_range((unsigned)a[0], (unsigned)a[1]);
        return 0;
#endif
    case SYS_write:
    case SYS_writev:
    case SYS_sendto:
    case SYS_sendmsg:
    case SYS_sendmmsg:
        connection_before_kernel_sees(fd);
        return 0;
    case SYS_shutdown:
        connection_before_shutdown(fd);
        return 0;
    case SYS_dup:
        connection_before_sharing(fd);
        return 0;
#ifdef SYS_dup2
    case SYS_dup2:
#endif
    case SYS_dup3:
        connection_before_sharing(fd);
        if (a[0] != a[1])
            connection_before_close((int)a[1]);
        return 0;
    case SYS_recvfrom:
    case SYS_read:
    case SYS_readv:
    case SYS_recvmsg:
#ifdef SYS_accept
    case SYS_accept:
#endif
    case SYS_accept4:
        return before_read_or_accept(number, fd, a[3]);
    default:
        before_end_or_wait(number, a);
        return 0;
    }
}

SHIM_HOOK long syscall(long number, ...)
{
    long a[6];
    va_list arguments;
    va_start(arguments, number);
    for (int i = 0; i < 6; i++)
        a[i] = va_arg(arguments, long);
    va_end(arguments);
    int error = before_syscall(number, a);
    if (error)
        return hook_fail(error);
    return NEXT(syscall)(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}
