/* SPDX-License-Identifier: MIT */
/*
 * O_NONBLOCK belongs to the open file, which the program and its shell have too: it is not for a
 * log to set. So a socket is told with each call that it is not to wait, a pipe too (RWF_NOWAIT),
 * and what knows of neither, a terminal or a pipe before Linux 6.4, is opened a second time.
 */
/* Before all others: it decides which names the C library's headers give. */
#include "shim/next.h"

#include "shim/quiet_write.h"

#include "kernel/tcp.h"
#include "shim/text.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <termios.h>

#ifndef RWF_NOWAIT
#define RWF_NOWAIT 8
#endif

/* The kernel's sets are smaller than the C library's. */
#define SET_SIZE (_NSIG / 8)

static long write_parts(int fd, const struct iovec *parts, int count)
{
    return tcp_call(SYS_writev, fd, (long)parts, count, 0, 0, 0);
}

static long send_parts(int fd, const struct iovec *parts, int count)
{
    struct msghdr message = {.msg_iov = (struct iovec *)parts, .msg_iovlen = (size_t)count};
    return tcp_call(SYS_sendmsg, fd, (long)&message, MSG_DONTWAIT | MSG_NOSIGNAL, 0, 0, 0);
}

static bool is_ready(int fd)
{
    short events = tcp_poll(fd, POLLOUT);
    return events && !(events & (POLLERR | POLLHUP | POLLNVAL));
}

/* The same pipe or terminal, by an open file of our own, which must not wait. */
static long write_reopened(int fd, const struct iovec *parts, int count)
{
    struct text path = {.used = 0};
    text_add(&path, "/proc/self/fd/");
    text_add_number(&path, fd);
    path.bytes[path.used] = '\0';
    long own = tcp_call(SYS_openat, AT_FDCWD, (long)path.bytes,
                        O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, 0, 0, 0);
    if (own < 0)
        return own;
    long result = write_parts((int)own, parts, count);
    tcp_call(SYS_close, own, 0, 0, 0, 0, 0);
    return result;
}

/* Another user's terminal, after su: it is not to be opened again. One that is ready takes as much
 * as this at least. */
#define PIECE ((size_t)128)

static long write_in_pieces(int fd, const struct iovec *parts, int count)
{
    long total = 0;
    for (int i = 0; i < count; i++)
        for (size_t done = 0; done < parts[i].iov_len;) {
            size_t left = parts[i].iov_len - done;
            if (!is_ready(fd))
                return total;
            long result = tcp_call(SYS_write, fd, (long)((char *)parts[i].iov_base + done),
                                   (long)(left < PIECE ? left : PIECE), 0, 0, 0);
            if (result <= 0)
                return total;
            done += (size_t)result;
            total += result;
        }
    return total;
}

static bool is_terminal(int fd)
{
    struct winsize size;
    return tcp_call(SYS_ioctl, fd, TIOCGWINSZ, (long)&size, 0, 0, 0) == 0;
}

/* A pipe that had room a moment ago has it still, unless another has just filled it. */
static long write_if_ready(int fd, mode_t type, const struct iovec *parts, int count)
{
    bool terminal = type == S_IFCHR && is_terminal(fd);
    if (!is_ready(fd))
        return -EAGAIN;
    long result = type == S_IFIFO || terminal ? write_reopened(fd, parts, count) : -ENXIO;
    if (result >= 0 || result == -EAGAIN || result == -EPIPE)
        return result;
    return terminal ? write_in_pieces(fd, parts, count) : write_parts(fd, parts, count);
}

static long write_at_once(int fd, mode_t type, const struct iovec *parts, int count)
{
    if (type == S_IFSOCK)
        return send_parts(fd, parts, count);
    if (type == S_IFREG)
        return write_parts(fd, parts, count);
    long result = tcp_call(SYS_pwritev2, fd, (long)parts, count, -1, -1, RWF_NOWAIT);
    return result == -EOPNOTSUPP || result == -ENOSYS || result == -EPERM
               ? write_if_ready(fd, type, parts, count)
               : result;
}

/* Which signal has this errno raised? */
static int signal_of(long result)
{
    return result == -EPIPE ? SIGPIPE : result == -EFBIG ? SIGXFSZ : 0;
}

/* The kernel raises it for the thread that writes, and that has it blocked: it is there now, unless
 * it is ignored. Signals of this kind do not queue: one that was there before stays the program's.
 */
static void take_back(int number, const sigset_t *before)
{
    static const long at_once[2];
    sigset_t one;
    if (number == 0 || sigismember(before, number))
        return;
    sigemptyset(&one);
    sigaddset(&one, number);
    tcp_call(SYS_rt_sigtimedwait, (long)&one, 0, (long)at_once, SET_SIZE, 0, 0);
}

/* A terminal writes for a background process that has SIGTTOU blocked, and stops no other. */
bool quiet_write(int fd, mode_t type, const struct iovec parts[], int count)
{
    sigset_t ours, programs, before;
    size_t total = 0;
    for (int i = 0; i < count; i++)
        total += parts[i].iov_len;
    sigemptyset(&ours);
    sigaddset(&ours, SIGPIPE);
    sigaddset(&ours, SIGXFSZ);
    sigaddset(&ours, SIGTTOU);
    sigemptyset(&before);
    pthread_sigmask(SIG_BLOCK, &ours, &programs);
    tcp_call(SYS_rt_sigpending, (long)&before, SET_SIZE, 0, 0, 0, 0);
    long result = write_at_once(fd, type, parts, count);
    take_back(signal_of(result), &before);
    pthread_sigmask(SIG_SETMASK, &programs, NULL);
    return result == (long)total;
}
