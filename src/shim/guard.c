/* SPDX-License-Identifier: MIT */
/* Before all others: it decides which names the C library's headers give. */
#include "shim/next.h"

#include "shim/guard.h"

#include "kernel/tcp.h"
#include "kernel/tcp_opening.h"
#include "policy/openings/openings.h"
#include "policy/prefixes.h"
#include "shim/machine.h"
#include "shim/pending.h"
#include "shim/policy_force.h"
#include "shim/ring.h"
#include "shim/shim.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/syscall.h>

/* A client that is there answers within a round trip. */
#define SETTLE_MS 1000

/* Who is refused a private epoll, or to wait for it, looks this often. */
#define UNTOLD_MS 10

/* The rest of a first write may be on its way: only what is whole is safe. */
static bool brought_safe_bytes(int fd, long brought, const struct record *listener)
{
    unsigned char look[OPENING_LOOK];
    const struct policy_link link = {interface_listening, listener->fd};
    struct endpoint at;
    long looked =
        tcp_call(SYS_recvfrom, fd, (long)look, sizeof look, MSG_PEEK | MSG_DONTWAIT, 0, 0);
    endpoint_from_sockaddr(&at, &listener->address.any, record_address_length(listener));
    if (looked != brought)
        return false;
    if (opening_of(look, (size_t)looked, (size_t)brought, at.port) != OPENING_NONE)
        return true;
    struct policy_hold hold = policy_hold();
    bool vouched_for =
        prefixes_match(policy_server(hold.policy, &at, &link).prefixes, look, (size_t)looked);
    policy_release(hold);
    return vouched_for;
}

static void end(int fd)
{
    tcp_discard(fd);
    tcp_call(SYS_shutdown, fd, SHUT_RDWR, 0, 0, 0, 0);
}

/* The private epoll says that the handshake is over; another thread may have served it, and then
 * the bytes show. */
static void wait_once(int fd, int64_t milliseconds)
{
    struct pollfd fds[2] = {{.fd = fd, .events = POLLIN},
                            {.fd = pending_epoll(), .events = POLLIN}};
    if (fds[1].fd < 0 && (milliseconds < 0 || milliseconds > UNTOLD_MS))
        milliseconds = UNTOLD_MS;
    struct timespec time = {.tv_sec = milliseconds / 1000,
                            .tv_nsec = milliseconds % 1000 * 1000000};
    if (NEXT(ppoll)(fds, 2, milliseconds < 0 ? NULL : &time, NULL) < 0 && errno != EINTR)
        tcp_wait(fd, POLLPRI, UNTOLD_MS);
}

/* Until it is proved or the time is up (milliseconds, -1: none). Other threads may serve it. */
static bool wait_for_proof(struct record *record, int milliseconds)
{
    int64_t deadline = tcp_now_ms() + milliseconds;
    while (!machine_is_proved(record)) {
        int64_t left = milliseconds < 0 ? -1 : deadline - tcp_now_ms();
        if (milliseconds >= 0 && left <= 0)
            return false;
        wait_once(record->fd, left);
        machine_serve();
        if (!machine_find(record->fd, record))
            return true;
    }
    return true;
}

static void end_unproved(int fd)
{
    if (tcp_wait_for_proof(fd, SETTLE_MS) != TCP_PROOF_GIVEN)
        end(fd);
}

void guard_accepted(int fd, const struct record *listener)
{
    struct record record = {.fd = fd, .netns = listener->netns, .address = listener->address};
    long brought = tcp_peek(fd);
    if (brought == 0 || (brought > 0 && brought_safe_bytes(fd, brought, listener)))
        return;
    record.socket_cookie = tcp_socket_cookie(fd);
    if (brought < 0 || !record.socket_cookie || !machine_guard(&record, (int)brought))
        end_unproved(fd); /* nothing can be had to wait with */
    else if (ring_came_meanwhile())
        guard_settle(&record);
}

void guard_accepted_at_once(int fd, const struct record *listener)
{
    long brought = tcp_peek(fd);
    if (brought != 0 && (brought < 0 || !brought_safe_bytes(fd, brought, listener)))
        end_unproved(fd);
}

int guard_before_read(struct record *record, bool blocking)
{
    if (record->tag.state != RECORD_GUARDED)
        return 0;
    if (!machine_is_proved(record)) {
        int limit = tcp_receive_timeout(record->fd);
        if (!blocking || !wait_for_proof(record, limit ? limit : -1))
            return EAGAIN;
    }
    return machine_take_error(record);
}

void guard_settle(struct record *record)
{
    int64_t left = record->syn_left_ms + SETTLE_MS - tcp_now_ms();
    if (record->tag.state == RECORD_GUARDED && !wait_for_proof(record, left > 0 ? (int)left : 0)) {
        int fd = record->fd;
        machine_forget(record);
        end(fd);
    }
}
