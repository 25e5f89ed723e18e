/* SPDX-License-Identifier: MIT */
#include "shim/connection.h"

#include "kernel/tcp.h"
#include "shim/contact.h"
#include "shim/log.h"
#include "shim/note.h"
#include "shim/program_memory.h"
#include "shim/rehearsal.h"
#include "shim/shim.h"
#include "shim/verbs.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <poll.h>

socklen_t verb_address_length(const struct record *record)
{
    return record->address.any.sa_family == AF_INET6 ? sizeof record->address.in6
                                                     : sizeof record->address.in;
}

void verb_tell(const struct record *record, const char *event, int error)
{
    if (log_is_on(LOG_DEBUG))
        log_connection(record->fd, &record->address.any, event, error);
}

void verb_flag(struct record *record, unsigned set, unsigned clear)
{
    unsigned flags = (record->tag.flags & ~clear) | set;
    if (flags != record->tag.flags)
        record_change(&record_connections, record, record->tag.state, flags, record->tag.error);
}

/* Whatever the state: a record of this socket. */
static bool find_any(int fd, struct record *record)
{
    if (!record_get(&record_connections, fd, record))
        return false;
    if (tcp_socket_cookie(fd) == record->socket_cookie)
        return true;
    record_forget(&record_connections, record);
    return false;
}

bool verb_find(int fd, struct record *record)
{
    return find_any(fd, record) && record->tag.state < RECORD_CONTACT;
}

int verb_start(struct record *record)
{
    if (!record_change(&record_connections, record, RECORD_OPENING, record->tag.flags, 0))
        return 0; /* another thread has just opened, started or closed it */
    int error = tcp_send_bare_syn(record->fd, &record->address.any, verb_address_length(record));
    verb_tell(record, "started", error);
    contact_started(record);
    if (error) {
        record_change(&record_connections, record, RECORD_FAILED, record->tag.flags, error);
        contact_failed(record);
    }
    return error;
}

void verb_established(struct record *record)
{
    /* Whoever was told that connect() succeeded must hear EISCONN from now on, but the kernel has
     * not been asked yet whether this connect has succeeded, and says 0 to the first who does. To
     * ask it here would lose what has been received, where a reset has come in since. */
    if (record->tag.state == RECORD_OPENING && !(record->tag.flags & RECORD_TOLD_IN_PROGRESS))
        note_connected(record);
    contact_completed(record);
    if (!(record->tag.flags & RECORD_WOULD_DEFER) ||
        !record_change(&record_connections, record, RECORD_REHEARSED, record->tag.flags, 0))
        record_forget(&record_connections, record);
}

bool verb_is_refusal(int error)
{
    return error == ECONNREFUSED || error == ETIMEDOUT || error == ECONNRESET ||
           error == EHOSTUNREACH || error == ENETUNREACH;
}

void verb_refused(struct record *record, int error)
{
    if (tcp_has_connected(record->fd)) { /* a server was there, and has reset the connection */
        verb_established(record);
        return;
    }
    verb_tell(record, "refused", error);
    contact_failed(record);
    record_forget(&record_connections, record);
}

int verb_settle(struct record *record)
{
    if (record->tag.state == RECORD_DEFERRED) {
        int error = verb_start(record);
        if (error)
            return error;
    }
    if (record->tag.state != RECORD_OPENING)
        return 0;
    if (!tcp_wait(record->fd, POLLOUT, CONNECTION_SETTLE_LIMIT_MS))
        log_texts(LOG_WARN, "gave up waiting for a handshake: bytes sent in its SYN may be lost");
    verb_tell(record, "settled", 0);
    if (tcp_has_connected(record->fd))
        verb_established(record);
    else
        verb_refused(record, 0);
    return 0;
}

int verb_await(struct record *record)
{
    if (tcp_is_nonblocking(record->fd))
        return 0;
    int limit = tcp_send_timeout(record->fd);
    if (!limit || tcp_wait(record->fd, POLLOUT, limit))
        return 0;
    /* Bytes that arrived after all would be sent again by a program that was told of an error. */
    tcp_dissolve(record->fd);
    verb_refused(record, ETIMEDOUT);
    return ETIMEDOUT;
}

int connection_settle(int fd)
{
    struct record record;
    if (!verb_find(fd, &record))
        return 0;
    return record.tag.state == RECORD_FAILED ? connection_take_error(fd) : verb_settle(&record);
}

int connection_take_error(int fd)
{
    struct record record;
    if (!verb_find(fd, &record) || record.tag.state != RECORD_FAILED)
        return 0;
    record_forget(&record_connections, &record);
    return record.tag.error;
}

/* A read that cannot block says EAGAIN, as on any fresh connection, unless the kernel holds the
 * socket for closed; but a program that only ever reads needs its SYN. */
static int read_deferred(struct record *record, bool blocking)
{
    unsigned flags = record->tag.flags;
    bool survives = !blocking && !(flags & (RECORD_SURVIVED_READ | RECORD_BY_SHIM));
    verb_flag(record, RECORD_BELIEVED | RECORD_SURVIVED_READ, 0);
    if (survives)
        return 0;
    contact_read_first(record);
    if (verb_start(record))
        return connection_take_error(record->fd);
    return blocking ? verb_await(record) : 0;
}

int connection_before_read(int fd, int flags)
{
    struct record record;
    int error = 0;
    bool recorded = verb_find(fd, &record);
    bool blocking = !(flags & MSG_DONTWAIT) && !tcp_is_nonblocking(fd);
    if (recorded && record.tag.state == RECORD_DEFERRED)
        error = read_deferred(&record, blocking);
    else if (recorded && record.tag.state == RECORD_FAILED)
        error = connection_take_error(fd);
    else if (recorded)
        verb_flag(&record, RECORD_BELIEVED, 0);
    if (!error && blocking)
        wait_before_blocking(fd, POLLIN);
    return error;
}

int connection_before_bulk_write(int fd)
{
    struct record record;
    if (verb_find(fd, &record)) {
        if (record.tag.state == RECORD_DEFERRED)
            verb_start(&record);
        return connection_take_error(fd);
    }
    wait_before_blocking(fd, POLLOUT);
    return 0;
}

void connection_after(int fd, ssize_t result)
{
    struct record record;
    if (result < 0 && errno == EAGAIN)
        wait_looked();
    if (result == 0 || !record_get(&record_connections, fd, &record) ||
        record.tag.state < RECORD_OPENING || record.tag.state == RECORD_FAILED)
        return;
    if (result < 0 && verb_is_refusal(errno))
        verb_refused(&record, errno);
    if (result > 0 && record.tag.state != RECORD_REHEARSED)
        verb_established(&record);
    /* Bytes were read: a write would have ended the rehearsal. */
    if (result > 0 && record.tag.state == RECORD_REHEARSED)
        rehearsal_end(&record, false);
}

void connection_asked_error(int fd, int error)
{
    struct record record;
    if (!find_any(fd, &record) || record.tag.state == RECORD_FAILED)
        return;
    if (error)
        verb_refused(&record, error);
    else if (record.tag.state == RECORD_CONTACT && tcp_has_connected(fd))
        verb_established(&record);
    else
        verb_flag(&record, RECORD_BELIEVED, 0);
}

void connection_believed(int fd)
{
    struct record record;
    if (verb_find(fd, &record))
        verb_flag(&record, RECORD_BELIEVED, 0);
}

bool connection_peer(int fd, union record_address *peer)
{
    struct record record;
    if (!verb_find(fd, &record) || record.tag.state == RECORD_FAILED)
        return false;
    if (record.tag.state == RECORD_OPENING && tcp_state(fd) != TCP_SYN_SENT) {
        /* The handshake has come to its end since: now the kernel knows. */
        if (tcp_has_connected(fd))
            verb_established(&record);
        else
            verb_refused(&record, 0);
        return false;
    }
    *peer = record.address;
    verb_flag(&record, RECORD_BELIEVED, 0);
    return true;
}

void connection_before_kernel_sees(int fd)
{
    struct record record;
    if (verb_find(fd, &record) && record.tag.state == RECORD_DEFERRED &&
        (record.tag.flags & RECORD_BY_SHIM))
        verb_start(&record);
}

void connection_watched(int fd, const struct epoll_event *event)
{
    if (connection_recorded(fd))
        connection_before_kernel_sees(fd);
    else if (shim.active && program_memory_readable(event, sizeof *event) &&
             (event->events & EPOLLET) && tcp_state(fd) == TCP_CLOSE)
        note_change(fd, NOTE_EDGE, 0);
}
