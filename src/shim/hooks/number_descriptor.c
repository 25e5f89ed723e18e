/* SPDX-License-Identifier: MIT */
/* What is done with descriptors of any kind, or all of them, by its number. */
#include "shim/hook.h"

#include "kernel/call_numbers.h"
#include "shim/ending.h"
#include "shim/hooks/by_number.h"
#include "shim/hooks/inner.h"
#include "shim/sharing.h"

static int next_close(int fd)
{
    return (int)NEXT(syscall)(SYS_close, fd);
}

static int next_shutdown(int fd, int how)
{
    return (int)NEXT(syscall)(SYS_shutdown, fd, how);
}

static int next_close_range(unsigned first, unsigned last, int flags)
{
    return (int)NEXT(syscall)(SYS_close_range, first, last, flags);
}

long CLOSE_by_number(const struct call *call)
{
    const union argument *a = call->a;
    switch (call->number) {
    case SYS_close_range:
        return close_range_of(next_close_range, (unsigned)a[0].word, (unsigned)a[1].word,
                              (int)a[2].word);
    case SYS_shutdown:
        return shut_down(next_shutdown, call_fd(call), (int)a[1].word);
    default:
        return close_descriptor(next_close, call_fd(call));
    }
}

static int next_dup(int fd)
{
    return (int)NEXT(syscall)(SYS_dup, fd);
}

#ifdef SYS_dup2
static int next_dup2(int from, int to, int flags)
{
    (void)flags;
    return (int)NEXT(syscall)(SYS_dup2, from, to);
}
#endif

static int next_dup3(int from, int to, int flags)
{
    return (int)NEXT(syscall)(SYS_dup3, from, to, flags);
}

static int next_fcntl(int fd, int command, void *argument)
{
    return (int)NEXT(syscall)(SYS_fcntl, fd, command, argument);
}

#ifdef SYS_fcntl64
static int next_fcntl64(int fd, int command, void *argument)
{
    return (int)NEXT(syscall)(SYS_fcntl64, fd, command, argument);
}
#endif

long SHARE_by_number(const struct call *call)
{
    const union argument *a = call->a;
    int fd = call_fd(call), second = (int)a[1].word;
    switch (call->number) {
    case SYS_dup:
        return duplicate(next_dup, fd);
#ifdef SYS_dup2
    case SYS_dup2:
        return replace(next_dup2, fd, second, 0);
#endif
    case SYS_dup3:
        return replace(next_dup3, fd, second, (int)a[2].word);
#ifdef SYS_fcntl64
    case SYS_fcntl64:
        return control_file(next_fcntl64, fd, second, a[2].pointer);
#endif
    default:
        return control_file(next_fcntl, fd, second, a[2].pointer);
    }
}

long PROCESS_by_number(const struct call *call)
{
    const union argument *a = call->a;
    switch (call->number) {
    case SYS_exit: /* of this thread */
        waiting_before_block(WAIT_GOES_ON);
        break;
    case SYS_exit_group:
        ending_process();
        break;
    default:
        sharing_before_exec(a[call->number == SYS_execve ? 2 : 3].pointer);
        break;
    }
    return call_plainly(call);
}

static int next_epoll_ctl(int epoll, int operation, int fd, struct epoll_event *event)
{
    return (int)NEXT(syscall)(SYS_epoll_ctl, epoll, operation, fd, event);
}

long WATCH_by_number(const struct call *call)
{
    const union argument *a = call->a;
    if (call->number != SYS_epoll_ctl)
        return epoll_made((int)call_plainly(call));
    return watch(next_epoll_ctl, (int)a[0].word, (int)a[1].word, (int)a[2].word, a[3].pointer);
}
