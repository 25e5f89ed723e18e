/* SPDX-License-Identifier: MIT */
/* What is done before a call that is made by its number. */
#include "shim/hook.h"

#include "shim/hooks/inner.h"

#include <linux/futex.h>
#include <sys/syscall.h>

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

static void before_end_or_wait(long number, const union argument a[6])
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
        if (futex_waits(a[1].word))
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
    case SYS_msgrcv:
    case SYS_msgsnd:
    case SYS_mq_timedreceive:
    case SYS_mq_timedsend:
#ifdef SYS_semtimedop
    case SYS_semop:
    case SYS_semtimedop:
#endif
#ifdef SYS_futex_waitv
    case SYS_futex_waitv:
#endif
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
    case SYS_mq_timedreceive_time64:
    case SYS_mq_timedsend_time64:
    case SYS_semtimedop_time64:
#endif
#ifdef SYS_socketcall /* i386: any call on a socket, or of another kind */
    case SYS_socketcall:
    case SYS_ipc:
    case SYS__newselect:
    case SYS_waitpid:
#endif
        wait_start_all();
        break;
    default:
        break;
    }
}

int before_syscall(long number, const union argument a[6])
{
    int fd = (int)a[0].word;
    switch (number) {
    case SYS_close:
        connection_before_close(fd);
        return 0;
#ifdef SYS_close_range
    case SYS_close_range:
        if (!(a[2].word & 4)) /* CLOSE_RANGE_CLOEXEC closes nothing yet */
            connection_before_close_range((unsigned)a[0].word, (unsigned)a[1].word);
        return 0;
#endif
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
        before_replacing(fd, (int)a[1].word);
        return 0;
#ifdef SYS_fcntl64
    case SYS_fcntl64:
#endif
    case SYS_fcntl:
        before_fcntl(fd, (int)a[1].word);
        return 0;
    case SYS_getsockname:
        connection_before_kernel_sees(fd);
        return 0;
    case SYS_pwritev2:
    case SYS_sendfile:
    case SYS_vmsplice:
#ifdef SYS_sendfile64
    case SYS_sendfile64:
#endif
        return before_bulk_write(fd);
    case SYS_splice:
        return before_transfer(fd, (int)a[2].word);
    case SYS_tee:
        return before_transfer(fd, (int)a[1].word);
#ifdef SYS_accept
    case SYS_accept:
#endif
    case SYS_accept4:
        wait_before_blocking(fd, POLLIN);
        return 0;
    default:
        before_end_or_wait(number, a);
        return 0;
    }
}
