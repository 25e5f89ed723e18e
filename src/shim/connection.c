/* SPDX-License-Identifier: MIT */
#include "shim/connection.h"

#include "kernel/tcp.h"
#include "policy/first_write.h"
#include "shim/log.h"
#include "shim/next.h"
#include "shim/program_memory.h"
#include "shim/shim.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <string.h>

static socklen_t address_length(const struct record *record)
{
    return record->address.any.sa_family == AF_INET6 ? sizeof record->address.in6
                                                     : sizeof record->address.in;
}

static void tell(const struct record *record, const char *event, int error)
{
    if (log_is_on(LOG_DEBUG))
        log_connection(record->fd, &record->address.any, event, error);
}

bool connection_find(int fd, struct record *record)
{
    if (!record_get(fd, record) || !record_is_connection(record))
        return false;
    if (tcp_socket_cookie(fd) == record->socket_cookie)
        return true;
    record_forget(record);
    return false;
}

/* Does the program use Fast Open on this socket itself? Any other note about the descriptor is of no
 * use any more: the socket is about to be connected. */
static bool stands_aside(int fd)
{
    struct record record;
    if (!record_get(fd, &record))
        return false;
    if (record.tag.state == RECORD_ASIDE && tcp_socket_cookie(fd) == record.socket_cookie)
        return true;
    record_forget(&record);
    return false;
}

/* ---- defer ---- */

/* connect() on a socket that the program believes connected, or connecting. The kernel, asked about a
 * non-blocking connect that has meanwhile succeeded, says 0 once and then EISCONN. */
static int connect_again(struct record *record, const struct sockaddr *address, socklen_t length)
{
    bool dissolve = program_memory_readable(address, sizeof address->sa_family) &&
                    length >= sizeof address->sa_family && address->sa_family == AF_UNSPEC;
    if (dissolve || record->tag.state == RECORD_FAILED) {
        record_forget(record);
        return NEXT(connect)(record->fd, address, length);
    }
    bool told = (record->tag.flags & RECORD_TOLD_IN_PROGRESS) != 0;
    unsigned flags = record->tag.flags & ~(unsigned)RECORD_TOLD_IN_PROGRESS;
    record_change(record, record->tag.state, flags | RECORD_BELIEVED, 0);
    if (told)
        return 0;
    errno = EISCONN;
    return -1;
}

/* A socket on which the kernel may defer, and that we shall be able to tell from any other. */
static bool can_be_deferred(int fd, uint64_t *socket_cookie)
{
    return tcp_is_tcp(fd) && (*socket_cookie = tcp_socket_cookie(fd)) != 0 &&
           tcp_set_option(fd, TCP_FASTOPEN_CONNECT, 1);
}

/* A socket may be connected again, elsewhere, after a connect that failed: the option that an earlier
 * destination was given must not defer this one. */
static int connect_plainly(int fd, const struct sockaddr *address, socklen_t length)
{
    if (tcp_option(fd, TCP_FASTOPEN_CONNECT) == 1)
        tcp_set_option(fd, TCP_FASTOPEN_CONNECT, 0);
    return NEXT(connect)(fd, address, length);
}

/* The kernel has deferred the connect and it cannot be recorded: it must happen now. */
static int connect_now(int fd)
{
    return NEXT(send)(fd, "", 0, MSG_NOSIGNAL) < 0 ? -1 : 0;
}

static int connect_deferring(struct record *record, const struct sockaddr *address,
                             socklen_t length)
{
    int saved = errno, fd = record->fd;
    int result = NEXT(connect)(fd, address, length);
    if (result != 0 || tcp_state(fd) != TCP_SYN_SENT)
        return result; /* no cookie: a true connect, whose SYN asks for one */

    bool nonblocking = tcp_is_nonblocking(fd);
    record->tag.state = RECORD_DEFERRED;
    record->tag.flags |= nonblocking ? RECORD_TOLD_IN_PROGRESS : RECORD_BELIEVED;
    record->owner = wait_thread_id();
    if (!record_put(record))
        return connect_now(fd);
    wait_thread_deferred(record_slot_of(fd));
    tell(record, "deferred", 0);
    errno = nonblocking ? EINPROGRESS : saved;
    return nonblocking ? -1 : 0;
}

int connection_connect(int fd, const struct sockaddr *address, socklen_t length)
{
    struct record record = {.fd = fd};
    struct endpoint destination;
    if (!shim.active)
        return NEXT(connect)(fd, address, length);
    if (connection_find(fd, &record))
        return connect_again(&record, address, length);

    record = (struct record){.fd = fd};
    if (length > sizeof(struct sockaddr_storage) || !program_memory_readable(address, length) ||
        !endpoint_from_sockaddr(&destination, address, length) || stands_aside(fd))
        return NEXT(connect)(fd, address, length);
    memcpy(&record.address, address, length < sizeof record.address ? length : sizeof record.address);
    struct client_verdict verdict = policy_client(shim.policy, &destination);
    if (!verdict.fastopen || !can_be_deferred(fd, &record.socket_cookie))
        return connect_plainly(fd, address, length);
    if (verdict.first_write == FIRST_WRITE_REPLAY_SAFE)
        record.tag.flags |= RECORD_REPLAY_SAFE;
    return connect_deferring(&record, address, length);
}

/* ---- start, settle ---- */

int connection_start(struct record *record)
{
    if (!record_change(record, RECORD_OPENING, record->tag.flags, 0))
        return 0; /* another thread has just opened, started or closed it */
    int error = tcp_send_bare_syn(record->fd, &record->address.any, address_length(record));
    if (error)
        record_change(record, RECORD_FAILED, record->tag.flags, error);
    tell(record, "started", error);
    return error;
}

/* The handshake is over. */
static void established(struct record *record)
{
    /* Whoever was told that connect() succeeded must hear EISCONN from now on, but the kernel has not been
     * asked yet whether this connect has succeeded, and says 0 to the first who does. */
    if (!(record->tag.flags & RECORD_TOLD_IN_PROGRESS))
        tcp_confirm_connect(record->fd, &record->address.any, address_length(record));
    record_forget(record);
}

static void settle(struct record *record)
{
    if (!tcp_wait(record->fd, POLLOUT, CONNECTION_SETTLE_LIMIT_MS))
        log_texts(LOG_WARN, "gave up waiting for a handshake: bytes sent in its SYN may be lost", NULL);
    tell(record, "settled", 0);
    established(record);
}

static int start_and_settle(struct record *record)
{
    if (record->tag.state == RECORD_DEFERRED) {
        int error = connection_start(record);
        if (error)
            return error;
    }
    if (record->tag.state == RECORD_OPENING)
        settle(record);
    return 0;
}

int connection_settle(int fd)
{
    struct record record;
    if (!connection_find(fd, &record))
        return 0;
    if (record.tag.state == RECORD_FAILED)
        return connection_take_error(fd);
    return start_and_settle(&record);
}

int connection_take_error(int fd)
{
    struct record record;
    if (!connection_find(fd, &record) || record.tag.state != RECORD_FAILED)
        return 0;
    record_forget(&record);
    return record.tag.error;
}

/* ---- read ---- */

int connection_before_read(int fd, int flags)
{
    struct record record;
    if (!connection_find(fd, &record)) {
        if (!(flags & MSG_DONTWAIT))
            wait_before_blocking(fd, POLLIN);
        return 0;
    }
    bool blocking = !(flags & MSG_DONTWAIT) && !tcp_is_nonblocking(fd);
    unsigned believed = record.tag.flags | RECORD_BELIEVED;
    if (record.tag.state == RECORD_FAILED)
        return connection_take_error(fd);
    if (record.tag.state == RECORD_DEFERRED) {
        /* A read that cannot block says EAGAIN, as on any fresh connection; but a program that only
         * ever reads needs its SYN. */
        bool survives = !blocking && !(record.tag.flags & RECORD_SURVIVED_READ);
        record_change(&record, RECORD_DEFERRED, believed | RECORD_SURVIVED_READ, 0);
        int error = survives ? 0 : connection_start(&record);
        if (error)
            return connection_take_error(fd);
    } else {
        record_change(&record, record.tag.state, believed, 0);
    }
    if (blocking)
        wait_before_blocking(fd, POLLIN);
    return 0;
}

void connection_moved(int fd, ssize_t result)
{
    struct record record;
    if (result > 0 && record_get(fd, &record) && record.tag.state == RECORD_OPENING)
        established(&record);
}

void connection_believed(int fd)
{
    struct record record;
    if (record_get(fd, &record))
        record_change(&record, record.tag.state, record.tag.flags | RECORD_BELIEVED, 0);
}

bool connection_peer(int fd, union record_address *peer)
{
    struct record record;
    if (!connection_find(fd, &record) || record.tag.state == RECORD_FAILED)
        return false;
    *peer = record.address;
    record_change(&record, record.tag.state, record.tag.flags | RECORD_BELIEVED, 0);
    return true;
}

/* ---- write ---- */

/* What a message is made of, once it is known that its parts can be read. */
struct first_bytes {
    const struct iovec *parts;
    size_t count;
    size_t total;
    bool readable; /* all that is worth looking at */
    size_t looked;
    unsigned char look[FIRST_WRITE_LOOK];
};

static void look_at(struct first_bytes *first, const struct msghdr *message)
{
    first->parts = message->msg_iov;
    first->count = message->msg_iovlen;
    first->total = first->looked = 0;
    first->readable = first->count <= UIO_MAXIOV &&
                      program_memory_readable(first->parts, first->count * sizeof *first->parts);
    for (size_t i = 0; first->readable && i < first->count; i++) {
        size_t room = sizeof first->look - first->looked, length = first->parts[i].iov_len;
        first->total += length;
        if (length > room)
            length = room;
        if (!length)
            continue;
        first->readable = program_memory_readable(first->parts[i].iov_base, length);
        if (first->readable)
            memcpy(first->look + first->looked, first->parts[i].iov_base, length);
        first->looked += length;
    }
}

/* Urgent data, zero-copy completions and a Fast Open of the program's own have a meaning, or an error,
 * only on a connection that stands. */
#define NEEDS_CONNECTION (MSG_OOB | MSG_ZEROCOPY | MSG_FASTOPEN)

/* May these bytes go into a SYN, and would they do there what the program means? */
static bool fits_a_syn(const struct record *record, const struct first_bytes *first, int flags)
{
    if (!first->readable || first->total == 0 || (flags & NEEDS_CONNECTION))
        return false;
    return !(record->tag.flags & RECORD_REPLAY_SAFE) ||
           first_write_is_replay_safe(first->look, first->looked, first->total);
}

/* The SYN took `sent` bytes; a program that writes to a fresh connection is not used to a short write.
 * A blocking call waits for the rest; for a non-blocking one it is tried, which succeeds where the
 * handshake is already over. */
static ssize_t write_rest(int fd, const struct first_bytes *first, int flags, size_t sent)
{
    size_t i = 0, skip = sent;
    int saved = errno;
    while (i < first->count && skip >= first->parts[i].iov_len)
        skip -= first->parts[i++].iov_len;
    if (skip) {
        size_t length = first->parts[i].iov_len - skip;
        ssize_t more = NEXT(send)(fd, (const char *)first->parts[i++].iov_base + skip, length, flags);
        sent += more > 0 ? (size_t)more : 0;
        if (more != (ssize_t)length)
            i = first->count;
    }
    if (i < first->count) {
        struct msghdr rest = {.msg_iov = (struct iovec *)&first->parts[i],
                              .msg_iovlen = first->count - i};
        ssize_t more = NEXT(sendmsg)(fd, &rest, flags);
        sent += more > 0 ? (size_t)more : 0;
    }
    errno = saved;
    return (ssize_t)sent;
}

/* The verb *open*: never waits for the SYN-ACK, as no write to a connection does. A blocking
 * MSG_FASTOPEN would, and when a signal ends that wait the kernel reports EINTR, or restarts the call,
 * with the bytes already on the wire: they would be sent twice. */
static bool open_with(struct record *record, const struct msghdr *message,
                      const struct first_bytes *first, int flags, ssize_t *result)
{
    struct msghdr opening = *message;
    int saved = errno;
    if (!record_change(record, RECORD_OPENING,
                       record->tag.flags | RECORD_SYN_DATA | RECORD_BELIEVED, 0))
        return false; /* another thread was first: this write comes after it */
    opening.msg_name = &record->address;
    opening.msg_namelen = address_length(record);
    /* What was found safe to repeat are the bytes that were looked at; a link with a large MTU would take
     * more into its SYN. */
    struct iovec looked_at = {(void *)first->look, first->looked};
    if ((record->tag.flags & RECORD_REPLAY_SAFE) && first->looked < first->total) {
        opening.msg_iov = &looked_at;
        opening.msg_iovlen = 1;
    }
    *result = NEXT(sendmsg)(record->fd, &opening, flags | MSG_FASTOPEN | MSG_DONTWAIT);
    int error = *result < 0 ? errno : 0;
    tell(record, "opened with data in the SYN", error);
    if (*result >= 0) {
        errno = saved;
        if ((size_t)*result < first->total)
            *result = write_rest(record->fd, first, flags, (size_t)*result);
        return true;
    }
    error = tcp_syn_error(error);
    if (!error) {
        record_change(record, RECORD_OPENING, record->tag.flags & ~(unsigned)RECORD_SYN_DATA, 0);
        errno = saved;
        return false; /* the cookie is gone: a bare SYN has left, and the plain call takes the bytes */
    }
    record_forget(record);
    errno = error;
    return true;
}

/* Takes up a deferred connection, the first write not fitting a SYN. Returns 0 or the error to fail with. */
static int start_for_write(struct record *record, const struct first_bytes *first, int flags)
{
    /* Only on a connection that stands does the kernel say EFAULT. */
    bool settles = !first->readable || (flags & NEEDS_CONNECTION);
    if (settles ? start_and_settle(record) : connection_start(record))
        return connection_take_error(record->fd);
    return 0;
}

bool connection_write(int fd, const struct msghdr *message, int flags, ssize_t *result)
{
    struct record record;
    struct first_bytes first;
    int error = 0;
    if (!connection_find(fd, &record)) {
        if (!(flags & MSG_DONTWAIT))
            wait_before_blocking(fd, POLLOUT);
        return false;
    }
    look_at(&first, message);
    if (record.tag.state == RECORD_DEFERRED && fits_a_syn(&record, &first, flags))
        return open_with(&record, message, &first, flags, result);
    if (record.tag.state == RECORD_DEFERRED)
        error = start_for_write(&record, &first, flags);
    else if (record.tag.state == RECORD_FAILED)
        error = connection_take_error(fd);
    else if (!(flags & MSG_DONTWAIT))
        wait_before_blocking(fd, POLLOUT);
    *result = error ? -1 : 0;
    if (error)
        errno = error;
    /* While the SYN is under way the kernel would say EAGAIN to a write of nothing. */
    return error || (first.readable && first.total == 0 && !(flags & NEEDS_CONNECTION));
}

int connection_before_bulk_write(int fd)
{
    struct record record;
    if (!connection_find(fd, &record)) {
        wait_before_blocking(fd, POLLOUT);
        return 0;
    }
    if (record.tag.state == RECORD_DEFERRED)
        connection_start(&record);
    return connection_take_error(fd);
}
