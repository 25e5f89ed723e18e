/* SPDX-License-Identifier: MIT */
/* The first write: the verb *open*, its bytes in the SYN. */
#include "kernel/tcp.h"
#include "memory/run_figures.h"
#include "policy/first_write.h"
#include "shim/connection.h"
#include "shim/contact.h"
#include "shim/next.h"
#include "shim/program_memory.h"
#include "shim/rehearsal.h"
#include "shim/shim.h"
#include "shim/verbs.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <string.h>

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

/* Urgent data, zero-copy completions and a Fast Open of the program's own have a meaning, or an
 * error, only on a connection that stands. */
#define NEEDS_CONNECTION (MSG_OOB | MSG_ZEROCOPY | MSG_FASTOPEN)

/* May these bytes go into a SYN, and would they do there what the program means? */
static bool fits_a_syn(const struct record *record, const struct first_bytes *first, int flags)
{
    if (!first->readable || first->total == 0 || (flags & NEEDS_CONNECTION))
        return false;
    return !(record->tag.flags & RECORD_REPLAY_SAFE) ||
           first_write_is_replay_safe(first->look, first->looked, first->total);
}

/* The SYN took `sent` bytes; a program that writes to a fresh connection is not used to a short
 * write. A blocking call waits for the rest; for a non-blocking one it is tried, which succeeds
 * where the handshake is already over. */
static ssize_t write_rest(int fd, const struct first_bytes *first, int flags, size_t sent)
{
    size_t i = 0, skip = sent;
    int saved = errno;
    while (i < first->count && skip >= first->parts[i].iov_len)
        skip -= first->parts[i++].iov_len;
    if (skip) {
        size_t length = first->parts[i].iov_len - skip;
        ssize_t more =
            NEXT(send)(fd, (const char *)first->parts[i++].iov_base + skip, length, flags);
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
 * MSG_FASTOPEN would, and when a signal ends that wait the kernel reports EINTR, or restarts the
 * call, with the bytes already on the wire: they would be sent twice. */
static bool open_with(struct record *record, const struct msghdr *message,
                      const struct first_bytes *first, int flags, ssize_t *result)
{
    struct msghdr opening = *message;
    int saved = errno, state;
    /* A thread that is to be cancelled is so here, before the record says that the SYN has left. */
    pthread_testcancel();
    if (!record_change(&record_connections, record, RECORD_OPENING,
                       record->tag.flags | RECORD_SYN_DATA | RECORD_BELIEVED, 0))
        return false; /* another thread was first: this write comes after it */
    contact_wrote_first(record);
    opening.msg_name = &record->address;
    opening.msg_namelen = verb_address_length(record);
    /* What was found safe to repeat are the bytes that were looked at; a link with a large MTU
     * would take more into its SYN. */
    struct iovec looked_at = {(void *)first->look, first->looked};
    if ((record->tag.flags & RECORD_REPLAY_SAFE) && first->looked < first->total) {
        opening.msg_iov = &looked_at;
        opening.msg_iovlen = 1;
    }
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &state);
    *result = NEXT(sendmsg)(record->fd, &opening, flags | MSG_FASTOPEN | MSG_DONTWAIT);
    int error = *result < 0 ? errno : 0;
    pthread_setcancelstate(state, NULL);
    verb_tell(record, "opened with data in the SYN", error);
    if (*result >= 0) {
        run_figures_add(RUN_OPENED, 1);
        errno = saved;
        error = flags & MSG_DONTWAIT ? 0 : verb_await(record);
        if (error) {
            errno = error;
            *result = -1;
        } else if ((size_t)*result < first->total)
            *result = write_rest(record->fd, first, flags, (size_t)*result);
        return true;
    }
    if (tcp_is_deferred(record->fd, error)) {
        errno = saved;
        return false; /* a sandbox forbids the flag: the plain write opens as well */
    }
    /* Deferred by the shim, it is still to be connected. */
    error = tcp_refuses_fast_open(error) && (record->tag.flags & RECORD_BY_SHIM)
                ? tcp_send_bare_syn(record->fd, &record->address.any, opening.msg_namelen)
                : tcp_syn_error(error);
    if (error) {
        verb_refused(record, error);
        errno = error;
        return true;
    }
    verb_flag(record, 0, RECORD_SYN_DATA);
    errno = saved;
    return false; /* the cookie is gone: a bare SYN has left, and the plain call takes the bytes */
}

/* Takes up a deferred connection, the first write not fitting a SYN. Returns 0 or the error to fail
 * with. */
static int start_for_write(struct record *record, const struct first_bytes *first, int flags)
{
    /* Only on a connection that stands does the kernel say EFAULT. */
    bool settles = !first->readable || (flags & NEEDS_CONNECTION);
    if (settles ? verb_settle(record) : verb_start(record))
        return connection_take_error(record->fd);
    bool told = !(record->tag.flags & RECORD_TOLD_IN_PROGRESS); /* that connect() has succeeded */
    return told && (flags & MSG_FASTOPEN) ? EISCONN : 0;
}

static void rehearse_write(int fd, const struct msghdr *message, int flags)
{
    struct record record;
    struct first_bytes first;
    if (!rehearsal_find(fd, &record))
        return;
    look_at(&first, message);
    rehearsal_end(&record, fits_a_syn(&record, &first, flags));
}

bool connection_write(int fd, const struct msghdr *message, int flags, ssize_t *result)
{
    struct record record;
    struct first_bytes first;
    int error = 0;
    if (shim.dry_run)
        rehearse_write(fd, message, flags);
    if (!verb_find(fd, &record)) {
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
