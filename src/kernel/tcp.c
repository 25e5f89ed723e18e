/* SPDX-License-Identifier: MIT */
#include "kernel/tcp.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <time.h>

#ifndef SO_NETNS_COOKIE
#define SO_NETNS_COOKIE 71
#endif
#ifndef SO_COOKIE
#define SO_COOKIE 57
#endif

__typeof__(&syscall) kernel_syscall;

long tcp_call(long number, long a, long b, long c, long d, long e, long f)
{
    int saved = errno;
    long result = kernel_syscall(number, a, b, c, d, e, f);
    if (result == -1)
        result = -errno;
    errno = saved;
    return result;
}

static bool get_option(int fd, int level, int name, void *value, socklen_t *length)
{
    return tcp_call(SYS_getsockopt, fd, level, name, (long)value, (long)length, 0) == 0;
}

uint64_t tcp_socket_cookie(int fd)
{
    uint64_t cookie = 0;
    socklen_t length = sizeof cookie;
    return get_option(fd, SOL_SOCKET, SO_COOKIE, &cookie, &length) ? cookie : 0;
}

bool tcp_is_socket(int fd, uint64_t cookie)
{
    uint64_t now = 0;
    socklen_t length = sizeof now;
    long error = tcp_call(SYS_getsockopt, fd, SOL_SOCKET, SO_COOKIE, (long)&now, (long)&length, 0);
    if (error == -EBADF || error == -ENOTSOCK)
        return tcp_is_tcp(fd);
    return error != 0 || now == cookie;
}

uint64_t tcp_netns_cookie(int fd)
{
    uint64_t cookie = 0;
    socklen_t length = sizeof cookie;
    return get_option(fd, SOL_SOCKET, SO_NETNS_COOKIE, &cookie, &length) ? cookie : 0;
}

int tcp_state(int fd)
{
    /* Only the first byte is wanted: the kernel copies no more than it is given room for. */
    uint8_t state = 0;
    socklen_t length = sizeof state;
    return get_option(fd, IPPROTO_TCP, TCP_INFO, &state, &length) ? state : -1;
}

/* Where a connection has tcpi_sacked. */
int tcp_backlog(int fd)
{
    uint32_t info[8];
    socklen_t length = sizeof info;
    return get_option(fd, IPPROTO_TCP, TCP_INFO, info, &length) && length == sizeof info
               ? (int)info[7]
               : -1;
}

bool tcp_is_tcp(int fd)
{
    int protocol = 0;
    socklen_t length = sizeof protocol;
    return get_option(fd, SOL_SOCKET, SO_PROTOCOL, &protocol, &length) && protocol == IPPROTO_TCP;
}

bool tcp_local_address(int fd, struct sockaddr_storage *address, socklen_t *length)
{
    *length = sizeof *address;
    return tcp_call(SYS_getsockname, fd, (long)address, (long)length, 0, 0, 0) == 0;
}

int tcp_option(int fd, int name)
{
    int value = 0;
    socklen_t length = sizeof value;
    return get_option(fd, IPPROTO_TCP, name, &value, &length) ? value : -1;
}

int tcp_set_option(int fd, int name, int value)
{
    return (int)-tcp_call(SYS_setsockopt, fd, IPPROTO_TCP, name, (long)&value, sizeof value, 0);
}

/* The kernel's own struct, two longs, by the number that has it so whatever the C library's time_t
 * is.
 */
#ifndef SO_SNDTIMEO_OLD
#define SO_SNDTIMEO_OLD SO_SNDTIMEO
#endif

#ifndef SO_RCVTIMEO_OLD
#define SO_RCVTIMEO_OLD SO_RCVTIMEO
#endif

static int time_limit(int fd, int name)
{
    long limit[2] = {0, 0};
    socklen_t length = sizeof limit;
    if (!get_option(fd, SOL_SOCKET, name, limit, &length))
        return 0;
    if (limit[0] >= INT_MAX / 1000)
        return INT_MAX;
    return (int)(limit[0] * 1000 + (limit[1] + 999) / 1000);
}

int tcp_send_timeout(int fd)
{
    return time_limit(fd, SO_SNDTIMEO_OLD);
}

int tcp_receive_timeout(int fd)
{
    return time_limit(fd, SO_RCVTIMEO_OLD);
}

int tcp_least_to_read(int fd)
{
    int least = 1;
    socklen_t length = sizeof least;
    get_option(fd, SOL_SOCKET, SO_RCVLOWAT, &least, &length);
    return least;
}

/* Bytes that stay hidden are lost: what has been refused for a moment is asked for again. */
bool tcp_set_least_to_read(int fd, int bytes)
{
    bool done = false;
    for (int attempt = 0; !done && attempt < 2; attempt++)
        done = tcp_call(SYS_setsockopt, fd, SOL_SOCKET, SO_RCVLOWAT, (long)&bytes, sizeof bytes,
                        0) == 0;
    return done;
}

int tcp_unread(int fd)
{
    int count = 0;
    tcp_call(SYS_ioctl, fd, FIONREAD, (long)&count, 0, 0, 0);
    return count;
}

/* The kernel counts them in its ticks. */
#define TICK_MS 10

bool tcp_was_answered(int fd, int64_t heard_ms, int64_t silent_ms)
{
    struct tcp_info info;
    socklen_t length = sizeof info;
    return tcp_unread(fd) > 0 && get_option(fd, IPPROTO_TCP, TCP_INFO, &info, &length) &&
           info.tcpi_last_data_recv <= heard_ms && info.tcpi_last_data_sent + TICK_MS >= silent_ms;
}

void tcp_read_away(int fd)
{
    int count = tcp_unread(fd);
    if (count > 0)
        tcp_call(SYS_recvfrom, fd, 0, count, MSG_TRUNC | MSG_DONTWAIT, 0, 0);
}

int tcp_time_to_linger(int fd)
{
    struct linger linger = {0, 0};
    socklen_t length = sizeof linger;
    bool on = get_option(fd, SOL_SOCKET, SO_LINGER, &linger, &length) && linger.l_onoff;
    return on ? linger.l_linger : -1;
}

void tcp_clear_async(int fd)
{
    int flags = tcp_flags(fd);
    if (flags & O_ASYNC)
        tcp_call(SYS_fcntl, fd, F_SETFL, flags & ~O_ASYNC, 0, 0, 0);
}

long tcp_peek(int fd)
{
    return tcp_call(SYS_recvfrom, fd, 0, INT_MAX, MSG_PEEK | MSG_TRUNC | MSG_DONTWAIT, 0, 0);
}

void tcp_discard(int fd)
{
    tcp_call(SYS_recvfrom, fd, 0, INT_MAX, MSG_TRUNC | MSG_DONTWAIT, 0, 0);
}

static void disconnect(int fd)
{
    struct sockaddr nobody = {.sa_family = AF_UNSPEC};
    tcp_call(SYS_connect, fd, (long)&nobody, sizeof nobody, 0, 0, 0);
}

/* connect() on a blocking socket that does not wait for the handshake. Its flags belong to others
 * as well, who share the socket; the limit for sending, which bounds connect(), is asked for only
 * by calls that wait. */
static long connect_without_waiting(int fd, const struct sockaddr *address, socklen_t length)
{
    long limit[2] = {0, 0}, least[2] = {0, 1};
    socklen_t size = sizeof limit;
    get_option(fd, SOL_SOCKET, SO_SNDTIMEO_OLD, limit, &size);
    tcp_call(SYS_setsockopt, fd, SOL_SOCKET, SO_SNDTIMEO_OLD, (long)least, sizeof least, 0);
    long result = tcp_call(SYS_connect, fd, (long)address, length, 0, 0, 0);
    tcp_call(SYS_setsockopt, fd, SOL_SOCKET, SO_SNDTIMEO_OLD, (long)limit, sizeof limit, 0);
    return result == -EINTR ? -EINPROGRESS : result;
}

void tcp_dissolve(int fd)
{
    disconnect(fd);
    tcp_take_error(fd);
}

/* A connect that is dissolved leaves ECONNRESET behind; one that needs no cookie puts no packet on
 * the wire (Linux >= 4.15). */
void tcp_make_reset(int fd, const struct sockaddr *address, socklen_t length)
{
    disconnect(fd); /* to the kernel its connect was still in progress when it ended */
    if (tcp_set_option(fd, TCP_FASTOPEN_NO_COOKIE, 1) == 0 &&
        tcp_set_option(fd, TCP_FASTOPEN_CONNECT, 1) == 0)
        tcp_call(SYS_connect, fd, (long)address, (long)length, 0, 0, 0);
    disconnect(fd);
    tcp_set_option(fd, TCP_FASTOPEN_NO_COOKIE, 0);
    tcp_call(SYS_shutdown, fd, SHUT_RDWR, 0, 0, 0, 0);
}

int tcp_take_error(int fd)
{
    int error = 0;
    socklen_t length = sizeof error;
    return get_option(fd, SOL_SOCKET, SO_ERROR, &error, &length) ? error : 0;
}

int tcp_domain(int fd)
{
    int domain = -1;
    socklen_t length = sizeof domain;
    return get_option(fd, SOL_SOCKET, SO_DOMAIN, &domain, &length) ? domain : -1;
}

bool tcp_get_flags(int fd, int *flags)
{
    long got = tcp_call(SYS_fcntl, fd, F_GETFL, 0, 0, 0, 0);
    *flags = got < 0 ? 0 : (int)got;
    return got >= 0;
}

int tcp_flags(int fd)
{
    int flags;
    tcp_get_flags(fd, &flags);
    return flags;
}

bool tcp_is_nonblocking(int fd)
{
    return tcp_flags(fd) & O_NONBLOCK;
}

bool tcp_is_close_on_exec(int fd)
{
    long flags = tcp_call(SYS_fcntl, fd, F_GETFD, 0, 0, 0, 0);
    return flags >= 0 && (flags & FD_CLOEXEC);
}

bool tcp_refuses_fast_open(int error)
{
    switch (error) {
    case 0:
    case EINPROGRESS:  /* the SYN has left */
    case ECONNREFUSED: /* and this came of it */
    case ECONNRESET:
    case ETIMEDOUT:
    case EHOSTUNREACH:
    case ENETUNREACH:
        return false;
    default:
        return true;
    }
}

/* Where the SYN has left after all, a write without the flag says what it would say anyway. */
bool tcp_is_deferred(int fd, int error)
{
    int state = error == 0 || error == EINPROGRESS ? TCP_CLOSE : tcp_state(fd);
    return state == TCP_SYN_SENT || state < 0;
}

int tcp_send_bare_syn(int fd, const struct sockaddr *address, socklen_t length)
{
    const long flags = MSG_NOSIGNAL | MSG_DONTWAIT;
    long result =
        tcp_call(SYS_sendto, fd, (long)"", 0, flags | MSG_FASTOPEN, (long)address, length);
    if (result < 0 && tcp_is_deferred(fd, (int)-result))
        result = tcp_call(SYS_sendto, fd, (long)"", 0, flags, 0, 0);
    else if (result < 0 && tcp_refuses_fast_open((int)-result) && tcp_state(fd) == TCP_CLOSE)
        result = connect_without_waiting(fd, address, length);
    return tcp_syn_error((int)-result);
}

uint16_t tcp_local_port(int fd)
{
    struct sockaddr_storage local;
    socklen_t length;
    if (!tcp_local_address(fd, &local, &length))
        return 0;
    /* AF_INET6 has its port in the same place. */
    return ntohs(((struct sockaddr_in *)&local)->sin_port);
}

/* The kernel goes on naming a port that is not the socket's any more; EINVAL: it is, for the
 * program has bound it. */
static int bind_port(int fd, uint16_t port)
{
    struct sockaddr_storage local;
    socklen_t length;
    if (!tcp_local_address(fd, &local, &length))
        return EADDRNOTAVAIL;
    ((struct sockaddr_in *)&local)->sin_port = htons(port);
    int error = (int)-tcp_call(SYS_bind, fd, (long)&local, length, 0, 0, 0);
    return error == EINVAL ? 0 : error;
}

/* Where a sandbox has come since and forbids what it takes, the kernel goes on deferring. */
int tcp_connect_anew(int fd, const struct sockaddr *address, socklen_t length, bool nonblocking,
                     uint16_t port)
{
    tcp_dissolve(fd);
    int bound = port ? bind_port(fd, port) : 0;
    if (bound)
        return bound;
    tcp_set_option(fd, TCP_FASTOPEN_CONNECT, 0);
    int error = (int)-(nonblocking ? tcp_call(SYS_connect, fd, (long)address, (long)length, 0, 0, 0)
                                   : connect_without_waiting(fd, address, length));
    if (error == EINPROGRESS)
        return 0;
    return tcp_state(fd) == TCP_SYN_SENT ? tcp_send_bare_syn(fd, address, length) : error;
}

int tcp_syn_error(int error)
{
    switch (error) {
    case 0:
    case EINPROGRESS: /* the usual answer: the SYN is on its way */
    case EALREADY:    /* another thread, or process, was first */
    case EISCONN:
    case EAGAIN:
        return 0;
    case EOPNOTSUPP: /* net.ipv4.tcp_fastopen was cleared since the connect: the kernel has no way
                        back */
        return ECONNABORTED;
    default:
        return error;
    }
}

int64_t tcp_now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

int64_t tcp_now_ms(void)
{
    return tcp_now_ns() / 1000000;
}

/* The kernel's own struct: two longs, whatever the C library's time_t is. A sandbox may let the
 * older call through alone. */
long tcp_poll_some(struct pollfd *fds, unsigned count, int64_t milliseconds, const uint64_t *mask)
{
    long timeout[2] = {(long)(milliseconds / 1000), (long)(milliseconds % 1000) * 1000000};
    long result = tcp_call(SYS_ppoll, (long)fds, count, milliseconds < 0 ? 0 : (long)timeout,
                           (long)mask, mask ? sizeof *mask : 0, 0);
#ifdef SYS_poll
    if (result < 0 && result != -EINTR)
        result = tcp_call(SYS_poll, (long)fds, count, (long)milliseconds, 0, 0, 0);
#endif
    return result;
}

short tcp_poll(int fd, short events)
{
    struct pollfd poll_fd = {.fd = fd, .events = events};
    return tcp_poll_some(&poll_fd, 1, 0, NULL) > 0 ? poll_fd.revents : 0;
}

bool tcp_wait(int fd, short events, int milliseconds)
{
    struct pollfd poll_fd = {.fd = fd, .events = events};
    int64_t deadline = milliseconds > 0 ? tcp_now_ms() + milliseconds : 0;
    int64_t left = milliseconds;
    for (;;) {
        long result = tcp_poll_some(&poll_fd, 1, left, NULL);
        if (result != -EINTR || milliseconds == 0)
            return result > 0;
        if (milliseconds < 0)
            continue;
        left = deadline - tcp_now_ms();
        if (left <= 0)
            return false;
    }
}
