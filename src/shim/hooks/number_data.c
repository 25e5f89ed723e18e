/* SPDX-License-Identifier: MIT */
/* Reads and writes by their numbers. */
#include "shim/hook.h"

#include "shim/hooks/by_number.h"
#include "shim/hooks/inner.h"
#include "shim/reading.h"
#include "shim/writing.h"

#include <sys/syscall.h>

static ssize_t next_sendmsg(int fd, const struct msghdr *message, int flags)
{
    return NEXT(syscall)(SYS_sendmsg, fd, message, flags);
}

static int next_sendmmsg(int fd, struct mmsghdr *messages, unsigned count, int flags)
{
    return (int)NEXT(syscall)(SYS_sendmmsg, fd, messages, count, flags);
}

static long write_parts(const struct call *call, struct iovec *parts, size_t count)
{
    struct msghdr message = {.msg_iov = parts, .msg_iovlen = count};
    ssize_t result;
    if (writing(call_fd(call), &message, 0, &result))
        return result;
    return written(call_fd(call), call_plainly(call));
}

static long write_bytes(const struct call *call, int flags)
{
    const union argument *a = call->a;
    ssize_t result;
    if (writing_bytes(call_fd(call), a[1].pointer, (size_t)a[2].word, flags, &result))
        return result;
    return written(call_fd(call), call_plainly(call));
}

static long write_by_number(const struct call *call)
{
    const union argument *a = call->a;
    switch (call->number) {
    case SYS_sendmsg:
        return send_message(next_sendmsg, call_fd(call), a[1].pointer, (int)a[2].word);
    case SYS_sendmmsg:
        return send_messages(next_sendmmsg, call_fd(call), a[1].pointer, (unsigned)a[2].word,
                             (int)a[3].word);
    case SYS_write:
        return write_bytes(call, 0);
    case SYS_writev:
        return write_parts(call, a[1].pointer, (size_t)a[2].word);
    default: /* send, sendto */
        return write_bytes(call, (int)a[3].word);
    }
}

long WRITE_by_number(const struct call *call)
{
    int state;
    if (machine_idle() && call->number != SYS_sendmsg && call->number != SYS_sendmmsg)
        return call_plainly(call);
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &state);
    long result = write_by_number(call);
    pthread_setcancelstate(state, NULL);
    return result;
}

long BULK_WRITE_by_number(const struct call *call)
{
    int error = machine_idle() ? 0 : writing_in_bulk(call_fd(call));
    return error ? hook_fail(error) : written(call_fd(call), call_plainly(call));
}

long TRANSFER_by_number(const struct call *call)
{
    int out = (int)call->a[call->number == SYS_splice ? 2 : 1].word;
    int error = before_transfer(call_fd(call), out);
    return error ? hook_fail(error) : written(out, call_plainly(call));
}

static int read_flags(const struct call *call)
{
    switch (call->number) {
    case SYS_read:
    case SYS_readv:
    case SYS_preadv2:
        return 0;
    case SYS_recvmsg:
        return (int)call->a[2].word;
    default: /* recv, recvfrom, recvmmsg */
        return (int)call->a[3].word;
    }
}

long READ_by_number(const struct call *call)
{
    int fd = call_fd(call), flags = read_flags(call);
    ssize_t result;
    if (machine_idle())
        return call_plainly(call);
    return reading(fd, flags, &result) ? result : have_read(fd, flags, call_plainly(call));
}
