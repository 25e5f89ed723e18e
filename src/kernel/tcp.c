/* SPDX-License-Identifier: MIT */
#include "kernel/tcp.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
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

uint64_t tcp_netns_cookie(int fd)
{
    uint64_t cookie = 0;
    socklen_t length = sizeof cookie;
    return get_option(fd, SOL_SOCKET, SO_NETNS_COOKIE, &cookie, &length) ? cookie : 0;
}

/* The kernel's struct tcp_info grows at its end and never changes before; the C library's headers
 * lag behind and lack the bits of the eighth byte. */
#define INFO_OPTIONS 5
#define INFO_CLIENT_FAIL 7
#define INFO_SND_MSS 16
#define INFO_RTT 68
#define INFO_TOTAL_RETRANS 100
#define INFO_BYTES_ACKED 120   /* Linux >= 4.1 */
#define INFO_MIN_RTT 148       /* Linux >= 4.6 */
#define INFO_BYTES_RETRANS 208 /* Linux >= 4.19 */
#define INFO_LEAST (INFO_TOTAL_RETRANS + 4)
#define INFO_LENGTH (INFO_BYTES_RETRANS + 8)

/* The room that a SYN keeps for its options, whether it needs it or not. */
#define SYN_OPTIONS 40
#define TIMESTAMPS 12

static uint32_t info_u32(const uint8_t *info, size_t at)
{
    uint32_t value;
    memcpy(&value, info + at, sizeof value);
    return value;
}

static bool info_u64_is_zero(const uint8_t *info, size_t at)
{
    return info_u32(info, at) == 0 && info_u32(info, at + 4) == 0;
}

/* What the kernel will reckon with: the segment that both ends agreed on. */
static uint16_t room_of(const uint8_t *info)
{
    uint32_t segment = info_u32(info, INFO_SND_MSS);
    if (info[INFO_OPTIONS] & TCPI_OPT_TIMESTAMPS)
        segment += TIMESTAMPS;
    if (segment <= SYN_OPTIONS)
        return 0;
    segment -= SYN_OPTIONS;
    return segment < UINT16_MAX ? (uint16_t)segment : UINT16_MAX;
}

static size_t address_bytes(const struct sockaddr_storage *address, const void **bytes)
{
    *bytes = address->ss_family == AF_INET6
                 ? (const void *)&((const struct sockaddr_in6 *)address)->sin6_addr
                 : (const void *)&((const struct sockaddr_in *)address)->sin_addr;
    return address->ss_family == AF_INET6 ? sizeof(struct in6_addr) : sizeof(struct in_addr);
}

/* A connection to one of the machine's own addresses leaves from that address. */
static bool is_local(int fd)
{
    struct sockaddr_storage own, peer;
    const void *own_bytes, *peer_bytes;
    socklen_t length = sizeof own;
    if (tcp_call(SYS_getsockname, fd, (long)&own, (long)&length, 0, 0, 0) != 0)
        return false;
    length = sizeof peer;
    if (tcp_call(SYS_getpeername, fd, (long)&peer, (long)&length, 0, 0, 0) != 0)
        return false;
    size_t size = address_bytes(&own, &own_bytes);
    return own.ss_family == peer.ss_family && size == address_bytes(&peer, &peer_bytes) &&
           memcmp(own_bytes, peer_bytes, size) == 0;
}

bool tcp_opening(int fd, struct tcp_opening *opening)
{
    uint8_t info[INFO_LENGTH] = {0};
    socklen_t length = sizeof info;
    if (!get_option(fd, IPPROTO_TCP, TCP_INFO, info, &length) || length < INFO_LEAST)
        return false;
    *opening = (struct tcp_opening){
        .state = info[0],
        .syn_data_acked = (info[INFO_OPTIONS] & TCPI_OPT_SYN_DATA) != 0,
        .client_fail = (enum tcp_opening_failure)((info[INFO_CLIENT_FAIL] >> 1) & 3),
        .syn_retransmitted =
            info_u32(info, INFO_TOTAL_RETRANS) > 0 && info_u64_is_zero(info, INFO_BYTES_RETRANS),
        .local = is_local(fd),
        .rtt_us = info_u32(info, INFO_RTT),
        .min_rtt_us = info_u32(info, INFO_MIN_RTT),
        .room = room_of(info),
    };
    /* The kernel's way of saying that there was no sample. */
    if (opening->min_rtt_us == UINT32_MAX)
        opening->min_rtt_us = 0;
    return true;
}

bool tcp_cookie_request_lost(const struct tcp_opening *opening)
{
    return opening->client_fail == TCP_OPENING_NO_COOKIE && opening->syn_retransmitted &&
           !opening->syn_data_acked;
}

int tcp_syn_room(int fd)
{
    struct sockaddr_storage own;
    socklen_t length = sizeof own;
    if (tcp_call(SYS_getsockname, fd, (long)&own, (long)&length, 0, 0, 0) != 0)
        return 0;
    bool six = own.ss_family == AF_INET6 &&
               !IN6_IS_ADDR_V4MAPPED(&((const struct sockaddr_in6 *)&own)->sin6_addr);
    int mtu = 0, headers = six ? 60 : 40;
    length = sizeof mtu;
    if (!get_option(fd, six ? IPPROTO_IPV6 : IPPROTO_IP, six ? IPV6_MTU : IP_MTU, &mtu, &length))
        return 0;
    return mtu > headers + SYN_OPTIONS ? mtu - headers - SYN_OPTIONS : 0;
}

int tcp_state(int fd)
{
    /* Only the first byte is wanted: the kernel copies no more than it is given room for. */
    uint8_t state = 0;
    socklen_t length = sizeof state;
    return get_option(fd, IPPROTO_TCP, TCP_INFO, &state, &length) ? state : -1;
}

bool tcp_has_connected(int fd)
{
    uint8_t info[INFO_BYTES_ACKED + sizeof(uint64_t)] = {0};
    socklen_t length = sizeof info;
    uint64_t acked;
    if (!get_option(fd, IPPROTO_TCP, TCP_INFO, info, &length))
        return false;
    memcpy(&acked, info + INFO_BYTES_ACKED, sizeof acked);
    switch (info[0]) {
    case 0:
    case TCP_SYN_SENT:
    case TCP_SYN_RECV:
    case TCP_LISTEN:
        return false;
    case TCP_CLOSE: /* reset since: the SYN was acknowledged, which counts as a byte */
        return acked > 0;
    default:
        return true;
    }
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

int tcp_send_timeout(int fd)
{
    long limit[2] = {0, 0};
    socklen_t length = sizeof limit;
    if (!get_option(fd, SOL_SOCKET, SO_SNDTIMEO_OLD, limit, &length))
        return 0;
    if (limit[0] >= INT_MAX / 1000)
        return INT_MAX;
    return (int)(limit[0] * 1000 + (limit[1] + 999) / 1000);
}

void tcp_dissolve(int fd)
{
    struct sockaddr nobody = {.sa_family = AF_UNSPEC};
    tcp_call(SYS_connect, fd, (long)&nobody, sizeof nobody, 0, 0, 0);
    tcp_clear_error(fd);
}

void tcp_clear_error(int fd)
{
    int error;
    socklen_t length = sizeof error;
    get_option(fd, SOL_SOCKET, SO_ERROR, &error, &length);
}

int tcp_domain(int fd)
{
    int domain = -1;
    socklen_t length = sizeof domain;
    return get_option(fd, SOL_SOCKET, SO_DOMAIN, &domain, &length) ? domain : -1;
}

bool tcp_is_nonblocking(int fd)
{
    long flags = tcp_call(SYS_fcntl, fd, F_GETFL, 0, 0, 0, 0);
    return flags >= 0 && (flags & O_NONBLOCK);
}

bool tcp_is_close_on_exec(int fd)
{
    long flags = tcp_call(SYS_fcntl, fd, F_GETFD, 0, 0, 0, 0);
    return flags >= 0 && (flags & FD_CLOEXEC);
}

bool tcp_refuses_fast_open(int error)
{
    return error == EOPNOTSUPP || error == EPERM || error == EACCES || error == ENOSYS ||
           error == ENOPROTOOPT || error == EINVAL;
}

bool tcp_is_deferred(int fd, int error)
{
    return error != EOPNOTSUPP && tcp_refuses_fast_open(error) && tcp_state(fd) == TCP_SYN_SENT;
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

static int64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * INT64_C(1000) + now.tv_nsec / 1000000;
}

bool tcp_wait(int fd, short events, int milliseconds)
{
    struct pollfd poll_fd = {.fd = fd, .events = events};
    int64_t deadline = milliseconds > 0 ? now_ms() + milliseconds : 0;
    int64_t left = milliseconds;
    for (;;) {
        /* The kernel's own struct: two longs, whatever the C library's time_t is. */
        long timeout[2] = {(long)(left / 1000), (long)(left % 1000) * 1000000};
        long result = tcp_call(SYS_ppoll, (long)&poll_fd, 1, (long)timeout, 0, 0, 0);
        if (result != -EINTR || milliseconds == 0)
            return result > 0;
        left = deadline - now_ms();
        if (left <= 0)
            return false;
    }
}
