/* SPDX-License-Identifier: MIT */
/* What is done with descriptors of any kind, or all of them, by its number. */
#include "shim/hook.h"

#include "shim/hooks/by_number.h"
#include "shim/hooks/inner.h"

#include <stdarg.h>
#include <sys/syscall.h>

long CLOSE_by_number(const struct call *call)
{
    const union argument *a = call->a;
    switch (call->number) {
#ifdef SYS_close_range
    case SYS_close_range:
        if (!(a[2].word & 4)) /* CLOSE_RANGE_CLOEXEC closes nothing yet */
            connection_before_close_range((unsigned)a[0].word, (unsigned)a[1].word);
        break;
#endif
    case SYS_shutdown:
        if (connection_recorded(call_fd(call)))
            connection_before_shutdown(call_fd(call));
        break;
    default:
        connection_before_close(call_fd(call));
        break;
    }
    return call_plainly(call);
}

long SHARE_by_number(const struct call *call)
{
    switch (call->number) {
    case SYS_dup:
        connection_before_sharing(call_fd(call));
        break;
#ifdef SYS_dup2
    case SYS_dup2:
#endif
    case SYS_dup3:
        before_replacing(call_fd(call), (int)call->a[1].word);
        break;
    default: /* fcntl, fcntl64 */
        before_fcntl(call_fd(call), (int)call->a[1].word);
        break;
    }
    return call_plainly(call);
}

static int next_prctl(int operation, ...)
{
    unsigned long words[4];
    va_list arguments;
    va_start(arguments, operation);
    for (int i = 0; i < 4; i++)
        words[i] = va_arg(arguments, unsigned long);
    va_end(arguments);
    return (int)NEXT(syscall)(SYS_prctl, operation, words[0], words[1], words[2], words[3]);
}

long PROCESS_by_number(const struct call *call)
{
    const union argument *a = call->a;
    const unsigned long words[4] = {(unsigned long)a[1].word, (unsigned long)a[2].word,
                                    (unsigned long)a[3].word, (unsigned long)a[4].word};
    switch (call->number) {
    case SYS_prctl:
        return control_process(next_prctl, (int)a[0].word, words);
    case SYS_exit: /* of this thread */
        wait_start_all();
        break;
    case SYS_exit_group:
        connection_before_exit();
        break;
    default:
        connection_before_exec();
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
