/* SPDX-License-Identifier: MIT */
/* connect(): the decision, the two ways to defer, and the cases in which neither may be used. */
/* Before all others: it decides which names the C library's headers give. */
#include "shim/next.h"

#include "shim/connecting.h"

#include "decision/decision.h"
#include "kernel/cookie.h"
#include "kernel/tcp.h"
#include "kernel/tcp_opening.h"
#include "memory/run_figures.h"
#include "policy/names.h"
#include "shim/machine.h"
#include "shim/note.h"
#include "shim/own.h"
#include "shim/pending.h"
#include "shim/policy_change.h"
#include "shim/program_memory.h"
#include "shim/readiness.h"
#include "shim/ring.h"
#include "shim/shim.h"
#include "shim/story.h"
#include "shim/waiting.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <string.h>

/* One connect(), as the program made it. */
struct call {
    connect_fn *next;
    const struct sockaddr *address;
    socklen_t length;
    bool flags_known;
    bool nonblocking;
};

static int plain(const struct call *call, int fd)
{
    return call->next(fd, call->address, call->length);
}

static int already_connected(void)
{
    errno = EISCONN;
    return -1;
}

/* A connect that is none of the shim's business may block all the same. */
static int connect_elsewhere(const struct call *call, int fd)
{
    if (waiting_concerns_thread() &&
        !(call->flags_known ? call->nonblocking : tcp_is_nonblocking(fd)))
        waiting_before_block(WAIT_GOES_ON);
    return plain(call, fd);
}

/* A destination that is off. A socket may be connected again, elsewhere, after a connect that
 * failed: the option that an earlier destination was given must not defer this one. */
static int connect_plainly(const struct call *call, int fd)
{
    if (!own_has_without_option(fd) && tcp_option(fd, TCP_FASTOPEN_CONNECT) == 1)
        tcp_set_option(fd, TCP_FASTOPEN_CONNECT, 0);
    return connect_elsewhere(call, fd);
}

/* A socket that is connected, or is being so, is connected plainly if ever it is again. Only
 * sockets that are not yet are worth a look at each close(). */
static int connected_once(int fd, int result)
{
    if (result == 0 || errno == EINPROGRESS)
        own_remove(fd);
    return result;
}

/* The end of a true connect is told to the destination memory: now where it is known, else by
 * whatever the program does next. */
static int connected_truly(struct record *record, int result)
{
    int error = errno;
    if (result == 0) {
        own_remove(record->fd);
        story_completed(record);
    } else if (error == EINPROGRESS)
        machine_follow(record, RECORD_CONTACT);
    else if (machine_is_refusal(error))
        story_failed(record, error);
    errno = error;
    return result;
}

/* To where nothing is deferred. Only a failure is of use, to the program's turn to another address.
 */
static int connect_near(const struct call *call, int fd, const struct endpoint *endpoint)
{
    names_learn_attempt(endpoint);
    run_figures_add(RUN_CONNECTS, 1);
    int result = connected_once(fd, connect_plainly(call, fd));
    if (result != 0 && machine_is_refusal(errno))
        names_learn_failure(endpoint);
    return result;
}

static int connect_truly(const struct call *call, struct record *record)
{
    return connected_truly(record, connect_elsewhere(call, record->fd));
}

/* An exact connect(), on a deferred socket or on one that is still closed, that asks for a cookie:
 * an empty write that opens, and a connect() that waits for it. A write that waited would have the
 * kernel hold back the last packet of the handshake, for the data that it takes to be coming. */
static int connect_now(const struct call *call, struct record *record)
{
    int saved = errno;
    ssize_t sent = NEXT(sendto)(record->fd, "", 0, MSG_FASTOPEN | MSG_NOSIGNAL | MSG_DONTWAIT,
                                call->address, call->length);
    if (sent < 0 && tcp_is_deferred(record->fd, errno))
        sent = NEXT(send)(record->fd, "", 0, MSG_NOSIGNAL | MSG_DONTWAIT);
    else if (sent < 0 && tcp_refuses_fast_open(errno) && tcp_state(record->fd) == TCP_CLOSE)
        return connect_truly(call, record);
    if (sent < 0 && errno == EISCONN) /* it stands already */
        sent = 0;
    if (sent < 0 && (errno == EINPROGRESS || errno == EAGAIN)) {
        errno = EINPROGRESS;
        if (!call->nonblocking)
            sent = plain(call, record->fd);
    }
    if (sent >= 0)
        errno = saved;
    return connected_truly(record, sent < 0 ? -1 : 0);
}

static int defer(const struct call *call, struct record *record, int saved)
{
    if (!call->nonblocking)
        record->tag.flags |= RECORD_BLOCKING | RECORD_TOLD_CONNECTED;
    if (!call->nonblocking && own_may_be(OWN_LIMITED)) /* it bounds a connect that waits */
        record->send_timeout_ms = (uint32_t)tcp_send_timeout(record->fd);
    if (!machine_defer(record))
        return connect_now(call, record);
    /* A dissolved connection leaves an error behind, which a connect clears when its SYN leaves. */
    if (own_may_be(OWN_DISSOLVED))
        tcp_take_error(record->fd);
    readiness_registered_before(record->fd);
    if (ring_came_meanwhile())
        machine_settle(record);
    errno = call->nonblocking ? EINPROGRESS : saved;
    return call->nonblocking ? -1 : 0;
}

/* No handshake takes less than a round trip. Should the path have become that much shorter, what a
 * deferred connection needs is done on one that stands, and does no harm. */
static bool was_no_handshake(const struct record *record, int64_t began_ns)
{
    return (tcp_now_ns() - began_ns) / 500 < (int64_t)record->round_trip_us;
}

/* With a cookie the kernel defers, with none it connects and asks for one. A connect that does not
 * block says so, for a true one is in progress. Of another the clock tells, or TCP_INFO: where that
 * is not to be had, the SYN leaves. */
static int connect_by_kernel(const struct call *call, struct record *record, bool may_defer)
{
    int saved = errno;
    bool times = may_defer && !call->nonblocking && record->round_trip_us;
    int64_t began_ns = times ? tcp_now_ns() : 0;
    int result = connect_elsewhere(call, record->fd);
    bool asks = result == 0 && !call->nonblocking && !(times && was_no_handshake(record, began_ns));
    int state = asks ? tcp_state(record->fd) : TCP_SYN_SENT;
    if (result != 0 || (state >= 0 && state != TCP_SYN_SENT)) {
        if (may_defer)
            story_tell(record, "not deferred: no cookie yet", 0);
        return connected_truly(record, result);
    }
    errno = saved;
    return may_defer && state >= 0 ? defer(call, record, saved) : connect_now(call, record);
}

/* No connect before the first write. To the kernel the socket stays closed, and readiness would be
 * wrong: a socket that is going to be polled is connected at once. */
static int connect_by_shim(const struct call *call, struct record *record, bool may_defer)
{
    /* One that has been reset is closed, and not to be connected again. */
    if (!tcp_is_unconnected(record->fd) || tcp_domain(record->fd) != call->address->sa_family)
        return plain(call, record->fd);
    /* Where SYNs with data have come through there is one: should it have gone, the first write
     * asks for another. */
    enum cookie cookie = may_defer && !record->untried && !call->nonblocking
                             ? COOKIE_CACHED
                             : cookie_cached(call->address, record->netns);
    if (cookie == COOKIE_UNKNOWN)
        return connect_truly(call, record);
    if (cookie == COOKIE_CACHED) {
        if (!may_defer || call->nonblocking)
            return connect_truly(call, record);
        record->tag.flags |= RECORD_BY_SHIM;
        pthread_testcancel();
        return defer(call, record, errno);
    }
    if (!call->nonblocking)
        waiting_before_block(WAIT_GOES_ON);
    return connect_now(call, record);
}

/* What a plain connect teaches is true all the same, and remembered: the second connect of a dry
 * run is judged as it would be. */
static int rehearse(const struct call *call, struct record *record, bool would_defer)
{
    int result = plain(call, record->fd), error = errno;
    bool under_way = result != 0 && error == EINPROGRESS;
    if (would_defer && (result == 0 || under_way)) {
        record->tag.flags |= RECORD_WOULD_DEFER;
        story_rehearsed_connect(record);
    }
    if (result == 0)
        story_completed(record);
    else if (machine_is_refusal(error))
        story_failed(record, error);
    if (under_way || (record->tag.flags & RECORD_WOULD_DEFER))
        machine_follow(record, under_way ? RECORD_CONTACT : RECORD_REHEARSED);
    errno = error;
    return result;
}

/* connect() on a socket that has been connected before, or is being so. The kernel, asked about a
 * non-blocking connect that has meanwhile succeeded, says 0 once and then EISCONN. False: it is a
 * first connect. */
static bool connect_again(const struct call *call, struct record *record, int *result)
{
    int fd = record->fd;
    if (record->tag.state == RECORD_OPENING)
        machine_is_over(record);
    if (call->address->sa_family == AF_UNSPEC ||
        (record->tag.state == RECORD_CONTACT && tcp_state(fd) == TCP_CLOSE) ||
        (record->tag.state == RECORD_OPENING && tcp_state(fd) == TCP_CLOSE) ||
        (record->tag.state == RECORD_FAILED && !record_told_connected(record))) {
        machine_forget(record);
        own_note(OWN_DISSOLVED);
        return false;
    }
    if (record_is_pending(record) || record_told_by_connect(record)) {
        *result = machine_asked(record) ? already_connected() : 0;
        return true;
    }
    *result = plain(call, fd);
    int error = errno;
    if (*result == 0 && record->tag.state == RECORD_CONTACT)
        machine_established(record, false);
    else if (*result != 0 && machine_is_refusal(error))
        machine_refused(record, error);
    errno = error;
    return true;
}

/* The kernel asks for a cookie where it has none, and what it has is for the whole host: then the
 * SYN would carry it, and the server would accept before the handshake is over. Where nobody says
 * whether there is one, only a connect that blocks may find out: it does not end before. */
static bool asks_for_cookie(const struct call *call, const struct decision *decision,
                            const struct record *record)
{
    if (!decision->asks_cookie)
        return false;
    enum cookie cookie = cookie_cached(&record->address.any, record->netns);
    return cookie == COOKIE_NONE || (cookie == COOKIE_UNKNOWN && !call->nonblocking);
}

static int connect_as_decided(const struct call *call, struct record *record,
                              const struct decision *decision)
{
    bool may_defer = decision->reason == DECISION_DEFER;
    run_figures_add(RUN_CONNECTS, 1);
    if (may_defer && !shim.dry_run && call->nonblocking && !pending_is_possible()) {
        story_tell(record, "connects plainly: a sandbox forbids what its close would need", 0);
        may_defer = false;
    }
    if (shim.dry_run)
        return rehearse(call, record, may_defer);
    if (!may_defer && !asks_for_cookie(call, decision, record))
        return connected_truly(record, connect_plainly(call, record->fd));
    int error = decision->verdict.deferral == DEFERRAL_BY_KERNEL
                    ? tcp_set_option(record->fd, TCP_FASTOPEN_CONNECT, 1)
                    : ENOPROTOOPT;
    if (!error)
        own_given_option(record->fd);
    if (error == ENOPROTOOPT) /* asked for, or a kernel older than 4.11 */
        return connect_by_shim(call, record, may_defer);
    return error ? connect_plainly(call, record->fd) : connect_by_kernel(call, record, may_defer);
}

/* May anybody use the socket where no hook is? NULL: no; or what the log says. */
static const char *unseen(const struct record *record, int flags)
{
    if (!record->socket_cookie)
        return "connects plainly: no socket identity (SO_COOKIE)";
    if (!own_has(record->fd) || (flags & O_ASYNC))
        return "connects plainly: its socket may be shared, or has O_ASYNC";
    return ring_any() ? "connects plainly: the program uses io_uring" : NULL;
}

static uint64_t network_of(int fd)
{
    static _Atomic uint64_t everybodys;
    if (!own_has(fd) || own_may_be(OWN_MOVED))
        return tcp_netns_cookie(fd);
    uint64_t network = atomic_load_explicit(&everybodys, memory_order_relaxed);
    if (!network) {
        network = tcp_netns_cookie(fd);
        atomic_store_explicit(&everybodys, network, memory_order_relaxed);
    }
    return network;
}

/* What points into the policy stays here: it may be gone before the connect is through. */
static struct decision decide(const struct memory_destination *destination, int fd)
{
    const struct policy_link link = {interface_leaving, fd};
    struct policy_hold hold = policy_hold();
    struct decision decision = decide_client(hold.policy, destination, &link);
    policy_release(hold);
    decision.verdict.prefixes = decision.verdict.file = NULL;
    return decision;
}

static int connect_first(const struct call *given, int fd)
{
    struct call call = *given;
    struct record record = {.fd = fd};
    struct endpoint endpoint;
    if (call.address->sa_family == AF_UNSPEC)
        own_note(OWN_DISSOLVED);
    /* What is our own was made as TCP. */
    if (!endpoint_from_sockaddr(&endpoint, call.address, call.length) ||
        (!own_has(fd) && !tcp_is_tcp(fd)) || (note_flags(fd) & NOTE_ASIDE))
        return connect_elsewhere(&call, fd);
    memcpy(&record.address, call.address,
           call.length < sizeof record.address ? call.length : sizeof record.address);
    record.netns = network_of(fd);
    struct memory_destination destination = story_destination(&record);
    struct decision decision = decide(&destination, fd);
    if (!decision.verdict.fastopen) {
        story_decided(&record, &decision);
        return connected_once(fd, connect_plainly(&call, fd));
    }
    if (decision_is_of_place(decision.reason)) {
        story_decided(&record, &decision);
        return connect_near(&call, fd, &endpoint);
    }
    record.socket_cookie = tcp_socket_cookie(fd);
    int flags;
    if (!tcp_get_flags(fd, &flags))
        return connect_plainly(&call, fd);
    const char *why_plain = unseen(&record, flags);
    if (why_plain) {
        story_tell(&record, why_plain, 0);
        return connect_plainly(&call, fd);
    }
    names_learn_attempt(&endpoint);
    story_decided(&record, &decision);
    record.tag.flags =
        decision.verdict.first_write == FIRST_WRITE_REPLAY_SAFE ? RECORD_REPLAY_SAFE : 0;
    record.untried = !decision.tried;
    record.round_trip_us = decision.rtt_us;
    record.room = decision.room;
    call.flags_known = true;
    call.nonblocking = flags & O_NONBLOCK;
    return connect_as_decided(&call, &record, &decision);
}

int connecting(connect_fn *next, int fd, const struct sockaddr *address, socklen_t length)
{
    struct call call = {.next = next, .address = address, .length = length};
    struct record record;
    int result;
    /* An address that cannot be one is the kernel's to refuse, whatever the socket's state. */
    if (!shim.active || length < sizeof address->sa_family ||
        length > sizeof(struct sockaddr_storage) || !program_memory_readable(address, length))
        return plain(&call, fd);
    policy_change_look();
    if (machine_find(fd, &record) && connect_again(&call, &record, &result))
        return result;
    if (note_flags(fd) & NOTE_CONNECTED) {
        if (address->sa_family != AF_UNSPEC)
            return already_connected();
        note_change(fd, 0, NOTE_CONNECTED);
    }
    return connect_first(&call, fd);
}
