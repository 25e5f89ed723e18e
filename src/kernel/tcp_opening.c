/* SPDX-License-Identifier: MIT */
#include "kernel/tcp_opening.h"

#include "kernel/tcp.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/syscall.h>

/* The kernel's struct tcp_info grows at its end and never changes before; the C library's headers
 * lag behind and lack the bits of the eighth byte. */
#define INFO_OPTIONS 5
#define INFO_CLIENT_FAIL 7
#define INFO_SND_MSS 16
#define INFO_RTT 68
#define INFO_TOTAL_RETRANS 100
#define INFO_BYTES_ACKED 120   /* Linux >= 4.1 */
#define INFO_NOT_SENT 144      /* Linux >= 4.6 */
#define INFO_MIN_RTT 148       /* Linux >= 4.6 */
#define INFO_BYTES_SENT 200    /* Linux >= 4.19 */
#define INFO_BYTES_RETRANS 208 /* Linux >= 4.19 */
#define INFO_LEAST (INFO_TOTAL_RETRANS + 4)
#define INFO_LENGTH (INFO_BYTES_RETRANS + 8)

/* Not in every <netinet/tcp.h>. */
#ifndef TCPI_OPT_SYN_DATA
#define TCPI_OPT_SYN_DATA 32
#endif

/* The room that a SYN keeps for its options, whether it needs it or not. */
#define SYN_OPTIONS 40
#define TIMESTAMPS 12

/* Where a sandbox has no epoll for us, we ask again so often. */
#define WITHOUT_EPOLL_MS 10

/* False on any error. */
static bool get_info(int fd, void *info, socklen_t *length)
{
    return tcp_call(SYS_getsockopt, fd, IPPROTO_TCP, TCP_INFO, (long)info, (long)length, 0) == 0;
}

static uint32_t info_u32(const uint8_t *info, size_t at)
{
    uint32_t value;
    memcpy(&value, info + at, sizeof value);
    return value;
}

static uint64_t info_u64(const uint8_t *info, size_t at)
{
    uint64_t value;
    memcpy(&value, info + at, sizeof value);
    return value;
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

bool tcp_is_local(int fd)
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
    if (!get_info(fd, info, &length) || length < INFO_LEAST)
        return false;
    *opening = (struct tcp_opening){
        .state = info[0],
        .syn_data_acked = (info[INFO_OPTIONS] & TCPI_OPT_SYN_DATA) != 0,
        .client_fail = (enum tcp_opening_failure)((info[INFO_CLIENT_FAIL] >> 1) & 3),
        .syn_retransmitted =
            info_u32(info, INFO_TOTAL_RETRANS) > 0 && info_u64(info, INFO_BYTES_RETRANS) == 0,
        .rtt_us = info_u32(info, INFO_RTT),
        .min_rtt_us = info_u32(info, INFO_MIN_RTT),
        .room = room_of(info),
    };
    /* An answer to the first of several SYNs may be lost as well: then the time until the next
     * one's is taken for a round trip, a second or more. */
    if (opening->syn_retransmitted)
        opening->rtt_us = opening->min_rtt_us = 0;
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

int tcp_syn_room(int fd, const struct sockaddr *to)
{
    bool six = to->sa_family == AF_INET6 &&
               !IN6_IS_ADDR_V4MAPPED(&((const struct sockaddr_in6 *)to)->sin6_addr);
    int mtu = 0, headers = six ? 60 : 40;
    socklen_t length = sizeof mtu;
    long level = six ? IPPROTO_IPV6 : IPPROTO_IP, name = six ? IPV6_MTU : IP_MTU;
    if (tcp_call(SYS_getsockopt, fd, level, name, (long)&mtu, (long)&length, 0) != 0)
        return 0;
    return mtu > headers + SYN_OPTIONS ? mtu - headers - SYN_OPTIONS : 0;
}

uint32_t tcp_unsent(int fd, bool or_unacknowledged)
{
    uint8_t info[INFO_LENGTH] = {0};
    socklen_t length = sizeof info;
    if (!get_info(fd, info, &length))
        return 0;
    uint64_t sent = info_u64(info, INFO_BYTES_SENT) - info_u64(info, INFO_BYTES_RETRANS);
    return info_u32(info, INFO_NOT_SENT) + (or_unacknowledged ? (uint32_t)sent : 0);
}

/* Where TCP_INFO is not to be had: before the end of the handshake nothing is to be read, says the
 * kernel of bytes that can be peeked at; and one that has failed is closed to a poll. */
static enum tcp_proof looked_proof(int fd)
{
    if (tcp_peek(fd) > 0 && tcp_unread(fd) == 0)
        return TCP_PROOF_PENDING;
    return tcp_poll(fd, POLLOUT) & POLLHUP ? TCP_PROOF_FAILED : TCP_PROOF_GIVEN;
}

/* What TCP_INFO says of a connection's proof, and of its SYN's data. */
struct taken {
    enum tcp_proof proof;
    bool syn_data;
};

static struct taken taken(int fd)
{
    uint8_t info[INFO_RTT + sizeof(uint32_t)] = {0};
    socklen_t length = sizeof info;
    struct taken taken = {.proof = TCP_PROOF_GIVEN, .syn_data = true};
    if (!get_info(fd, info, &length)) {
        taken.proof = looked_proof(fd);
        return taken;
    }
    taken.syn_data = info[INFO_OPTIONS] & TCPI_OPT_SYN_DATA;
    if (info[0] == TCP_SYN_RECV)
        taken.proof = TCP_PROOF_PENDING;
    /* A connection that was reset since keeps its round trip; one that never stood has none. */
    else if (info[0] == TCP_CLOSE && info_u32(info, INFO_RTT) == 0)
        taken.proof = TCP_PROOF_FAILED;
    return taken;
}

enum tcp_proof tcp_proof(int fd)
{
    return taken(fd).proof;
}

bool tcp_has_syn_data(int fd, enum tcp_proof *proof)
{
    struct taken it = taken(fd);
    *proof = it.proof;
    return it.syn_data;
}

/* Waits for `state` to say anything but 0, for so long at most, or until a signal if that
 * `interrupts`; returns what it said last. */
static int wait_until(int fd, int (*state)(int fd), int64_t milliseconds, bool interrupts)
{
    struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLET};
    int64_t left = milliseconds, deadline = tcp_now_ms() + left;
    int now;
    long epoll = tcp_call(SYS_epoll_create1, EPOLL_CLOEXEC, 0, 0, 0, 0, 0);
    long added = tcp_call(SYS_epoll_ctl, epoll, EPOLL_CTL_ADD, fd, (long)&event, 0, 0), result = 0;
    while (!(now = state(fd)) && left > 0 && !(interrupts && result == -EINTR)) {
        result =
            added < 0 ? added : tcp_call(SYS_epoll_pwait, epoll, (long)&event, 1, (long)left, 0, 8);
        if (result < 0 && result != -EINTR)
            tcp_wait(fd, POLLPRI, WITHOUT_EPOLL_MS);
        left = deadline - tcp_now_ms();
    }
    tcp_call(SYS_close, epoll, 0, 0, 0, 0, 0);
    return now;
}

_Static_assert(TCP_PROOF_PENDING == 0, "it is waited for");

static int proof_of(int fd)
{
    return (int)tcp_proof(fd);
}

enum tcp_proof tcp_wait_for_proof(int fd, int milliseconds)
{
    return (enum tcp_proof)wait_until(fd, proof_of, milliseconds, false);
}

/* Or there is nobody to do so. */
static int is_end_acknowledged(int fd)
{
    int state = tcp_state(fd);
    tcp_read_away(fd);
    return state != TCP_FIN_WAIT1 && state != TCP_CLOSING && state != TCP_LAST_ACK;
}

void tcp_end_slowly(int fd)
{
    tcp_call(SYS_shutdown, fd, SHUT_WR, 0, 0, 0, 0);
    wait_until(fd, is_end_acknowledged, INT64_C(1000) * tcp_time_to_linger(fd), true);
}

/* Where TCP_INFO is not to be had: what a poll says, which leaves the error for the program. */
static enum tcp_progress polled_progress(int fd)
{
    short events = tcp_poll(fd, POLLOUT);
    if (events & (POLLERR | POLLHUP | POLLNVAL))
        return TCP_PROGRESS_FAILED;
    return events ? TCP_PROGRESS_CONNECTED : TCP_PROGRESS_UNDER_WAY;
}

enum tcp_progress tcp_progress(int fd)
{
    uint8_t info[INFO_BYTES_ACKED + sizeof(uint64_t)] = {0};
    socklen_t length = sizeof info;
    if (!get_info(fd, info, &length))
        return polled_progress(fd);
    switch (info[0]) {
    case TCP_SYN_SENT:
    case TCP_SYN_RECV:
        return TCP_PROGRESS_UNDER_WAY;
    case 0:
    case TCP_LISTEN:
        return TCP_PROGRESS_FAILED;
    case TCP_CLOSE: /* reset since: the SYN was acknowledged, which counts as a byte */
        return info_u64(info, INFO_BYTES_ACKED) > 0 ? TCP_PROGRESS_CONNECTED : TCP_PROGRESS_FAILED;
    default:
        return TCP_PROGRESS_CONNECTED;
    }
}

bool tcp_is_unconnected(int fd)
{
    uint8_t info[INFO_BYTES_ACKED + sizeof(uint64_t)] = {0};
    socklen_t length = sizeof info;
    return get_info(fd, info, &length) && info[0] == TCP_CLOSE &&
           info_u64(info, INFO_BYTES_ACKED) == 0;
}

bool tcp_has_connected(int fd)
{
    return tcp_progress(fd) == TCP_PROGRESS_CONNECTED;
}
