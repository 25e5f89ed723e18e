/* SPDX-License-Identifier: MIT */
/* connect(): the verb *defer*, and the cases in which it must not be used. */
#include "kernel/cookie.h"
#include "kernel/tcp.h"
#include "memory/run_figures.h"
#include "shim/connection.h"
#include "shim/contact.h"
#include "shim/next.h"
#include "shim/note.h"
#include "shim/program_memory.h"
#include "shim/rehearsal.h"
#include "shim/shim.h"
#include "shim/verbs.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <string.h>

static int already_connected(void)
{
    errno = EISCONN;
    return -1;
}

/* connect() on a socket that the program believes connected, or connecting. The kernel, asked about
 * a non-blocking connect that has meanwhile succeeded, says 0 once and then EISCONN. */
static int connect_again(struct record *record, const struct sockaddr *address, socklen_t length)
{
    if (address->sa_family == AF_UNSPEC || record->tag.state == RECORD_FAILED) {
        record_forget(&record_connections, record);
        return NEXT(connect)(record->fd, address, length);
    }
    bool told = (record->tag.flags & RECORD_TOLD_IN_PROGRESS) != 0;
    verb_flag(record, RECORD_BELIEVED, RECORD_TOLD_IN_PROGRESS);
    return told ? 0 : already_connected();
}

/* A connect that is none of the shim's business may block all the same. */
static int connect_elsewhere(int fd, const struct sockaddr *address, socklen_t length)
{
    if (wait_thread_defers() && !tcp_is_nonblocking(fd))
        wait_start_all();
    return NEXT(connect)(fd, address, length);
}

/* A destination that is off. A socket may be connected again, elsewhere, after a connect that
 * failed: the option that an earlier destination was given must not defer this one. */
static int connect_plainly(int fd, const struct sockaddr *address, socklen_t length)
{
    if (tcp_option(fd, TCP_FASTOPEN_CONNECT) == 1)
        tcp_set_option(fd, TCP_FASTOPEN_CONNECT, 0);
    return connect_elsewhere(fd, address, length);
}

/* The end of a true connect is told to the destination memory: now where it is known, else by
 * whatever the program does next. */
static int connected_truly(struct record *record, int result)
{
    int error = errno;
    record->tag.state = RECORD_CONTACT;
    if (result == 0)
        contact_completed(record);
    else if (error == EINPROGRESS)
        record_put(&record_connections, record);
    else if (verb_is_refusal(error))
        contact_failed(record);
    errno = error;
    return result;
}

/* An exact connect(), on a deferred socket or on one that is still closed: an empty write that
 * opens. */
static int connect_now(struct record *record)
{
    socklen_t length = verb_address_length(record);
    ssize_t sent =
        NEXT(sendto)(record->fd, "", 0, MSG_FASTOPEN | MSG_NOSIGNAL, &record->address.any, length);
    if (sent < 0 && tcp_is_deferred(record->fd, errno))
        sent = NEXT(send)(record->fd, "", 0, MSG_NOSIGNAL);
    else if (sent < 0 && tcp_refuses_fast_open(errno) && tcp_state(record->fd) == TCP_CLOSE)
        return NEXT(connect)(record->fd, &record->address.any, length);
    return connected_truly(record, sent < 0 ? -1 : 0);
}

static int defer(struct record *record, int saved)
{
    bool nonblocking = tcp_is_nonblocking(record->fd);
    record->tag.state = RECORD_DEFERRED;
    record->tag.flags |= nonblocking ? RECORD_TOLD_IN_PROGRESS : RECORD_BELIEVED;
    record->owner = wait_thread_id();
    if (!record_put(&record_connections, record))
        return connect_now(record);
    wait_thread_deferred(record_slot_of(&record_connections, record->fd));
    /* A dissolved connection leaves an error behind, which a connect clears when its SYN leaves. */
    tcp_clear_error(record->fd);
    verb_tell(record, "deferred", 0);
    contact_deferred(record);
    errno = saved;
    /* An edge-triggered registration made before the connect hears nothing from a deferral: whoever
     * has one is told at once, as connect() may. */
    if (!nonblocking || (note_flags(record->fd) & NOTE_EDGE)) {
        verb_flag(record, RECORD_BELIEVED, RECORD_TOLD_IN_PROGRESS);
        return 0;
    }
    errno = EINPROGRESS;
    return -1;
}

/* TCP_FASTOPEN_CONNECT is set: with a cookie the kernel defers, with none it connects and asks for
 * one. */
static int connect_by_kernel(struct record *record, bool may_defer, const struct sockaddr *address,
                             socklen_t length)
{
    int saved = errno;
    if (wait_thread_defers() && !tcp_is_nonblocking(record->fd))
        wait_start_all(); /* this connect may turn out to be a true one, which blocks */
    int result = NEXT(connect)(record->fd, address, length);
    if (result != 0 || tcp_state(record->fd) != TCP_SYN_SENT) {
        if (may_defer)
            verb_tell(record, "connects truly: no cookie yet", 0);
        return connected_truly(record, result);
    }
    errno = saved;
    return may_defer ? defer(record, saved) : connect_now(record);
}

/* No connect before the first write. To the kernel the socket stays closed, and readiness would be
 * wrong: a socket that is going to be polled is connected at once. */
static int connect_by_shim(struct record *record, bool may_defer, const struct sockaddr *address,
                           socklen_t length)
{
    if (tcp_state(record->fd) != TCP_CLOSE || tcp_domain(record->fd) != address->sa_family)
        return NEXT(connect)(record->fd, address, length);
    record->tag.flags |= RECORD_BY_SHIM;
    bool nonblocking = tcp_is_nonblocking(record->fd);
    if (may_defer && !nonblocking && cookie_is_cached(address, record->netns)) {
        pthread_testcancel();
        return defer(record, errno);
    }
    if (!nonblocking)
        wait_start_all();
    return connect_now(record);
}

/* connect() while a first contact is under way asks for its end. One that has failed leaves a
 * closed socket, on which this connect is a new one: false. */
static bool ask_contact(int fd, const struct sockaddr *address, socklen_t length, int *result)
{
    struct record record;
    if (!record_get(&record_connections, fd, &record) || record.tag.state != RECORD_CONTACT)
        return false;
    if (tcp_state(fd) == TCP_CLOSE || tcp_socket_cookie(fd) != record.socket_cookie) {
        record_forget(&record_connections, &record);
        return false;
    }
    *result = NEXT(connect)(fd, address, length);
    int error = errno;
    if (*result == 0)
        verb_established(&record);
    else if (verb_is_refusal(error))
        verb_refused(&record, error);
    errno = error;
    return true;
}

int connection_connect(int fd, const struct sockaddr *address, socklen_t length)
{
    struct record record = {.fd = fd};
    struct endpoint destination;
    /* An address that cannot be one is the kernel's to refuse, whatever the socket's state. */
    if (!shim.active || length < sizeof address->sa_family ||
        length > sizeof(struct sockaddr_storage) || !program_memory_readable(address, length))
        return NEXT(connect)(fd, address, length);
    int result;
    if (ask_contact(fd, address, length, &result))
        return result;
    if (verb_find(fd, &record))
        return connect_again(&record, address, length);
    if (note_flags(fd) & NOTE_CONNECTED) {
        if (address->sa_family != AF_UNSPEC)
            return already_connected();
        note_change(fd, 0, NOTE_CONNECTED);
    }
    if (!endpoint_from_sockaddr(&destination, address, length) || !tcp_is_tcp(fd) ||
        (note_flags(fd) & NOTE_ASIDE))
        return connect_elsewhere(fd, address, length);

    record = (struct record){
        .fd = fd, .socket_cookie = tcp_socket_cookie(fd), .netns = tcp_netns_cookie(fd)};
    memcpy(&record.address, address,
           length < sizeof record.address ? length : sizeof record.address);
    struct decision decision = contact_decide(&record);
    if (decision.reason == DECISION_NO_RULE)
        return connect_plainly(fd, address, length);
    if (!record.socket_cookie) {
        verb_tell(&record, "connects plainly: the kernel gives sockets no identity", 0);
        return connect_plainly(fd, address, length);
    }
    run_figures_add(RUN_CONNECTS, 1);
    record.tag.flags =
        decision.verdict.first_write == FIRST_WRITE_REPLAY_SAFE ? RECORD_REPLAY_SAFE : 0;
    bool may_defer = decision.reason == DECISION_DEFER;
    if (shim.dry_run)
        return rehearsal_connect(&record, may_defer, address, length);
    if (!may_defer && !decision.asks_cookie)
        return connected_truly(&record, connect_plainly(fd, address, length));
    int error = decision.verdict.deferral == DEFERRAL_BY_KERNEL ? tcp_set_option(fd, TCP_FASTOPEN_CONNECT, 1)
                                                       : ENOPROTOOPT;
    if (error == ENOPROTOOPT) /* asked for, or a kernel older than 4.11 */
        return connect_by_shim(&record, may_defer, address, length);
    if (error)
        return connect_plainly(fd, address, length);
    return connect_by_kernel(&record, may_defer, address, length);
}
