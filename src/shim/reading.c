/* SPDX-License-Identifier: MIT */
/* A program that reads first needs its SYN on the wire. */
#include "shim/reading.h"

#include "kernel/tcp.h"
#include "shim/guard.h"
#include "shim/machine.h"
#include "shim/own.h"
#include "shim/story.h"
#include "shim/waiting.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>

/* A read that cannot block says EAGAIN, as on any fresh connection, unless the kernel holds the
 * socket for closed; but a program that only ever reads needs its SYN. A peek asks nothing of the
 * peer, and a program may peek any number of times before it writes. */
static int read_deferred(struct record *record, int flags, bool blocking)
{
    if (!blocking && !(record->tag.flags & RECORD_BY_SHIM)) {
        if (flags & MSG_PEEK) {
            waiting_looked();
            return 0;
        }
        if (!machine_survive(record, true))
            return 0;
    }
    story_because(blocking ? "it reads before it writes" : "it reads again before it writes");
    if (blocking)
        story_lesson(record, MEMORY_READS_FIRST);
    return machine_before(record, CALL_WAITS);
}

/* A read with a time limit, or none of its own but a half-close or data that are still to be made
 * up for, waits for what only comes when the handshake is over. */
static int read_opening(struct record *record, bool blocking)
{
    bool timed = blocking && (record->tag.flags & RECORD_BLOCKING) && own_may_be(OWN_LIMITED) &&
                 tcp_receive_timeout(record->fd) != 0;
    if (blocking && (record->tag.flags & (RECORD_SHUT_WRITE | RECORD_KEPT)))
        machine_settle_within(record, -1);
    return machine_before(record, timed ? CALL_MOVES : CALL_WAITS);
}

static int before(struct record *record, int flags)
{
    bool blocking = !(flags & MSG_DONTWAIT) && !tcp_is_nonblocking(record->fd);
    int error = guard_before_read(record, blocking);
    if (!error && record->tag.state == RECORD_DEFERRED)
        error = read_deferred(record, flags, blocking);
    if (!error && record_is_pending(record) && record->tag.state != RECORD_DEFERRED)
        error = read_opening(record, blocking);
    return error;
}

/* Its SYN has left, and nothing else is to be done when the handshake is over. */
static bool has_only_left(const struct record *record)
{
    const unsigned kept = RECORD_SHUT_READ | RECORD_SHUT_WRITE | RECORD_KEPT | RECORD_ANEW;
    return record->tag.state == RECORD_OPENING && (record->tag.flags & RECORD_SYN_LEFT) &&
           !(record->tag.flags & kept);
}

/* There is nothing that the read would have to wait for beforehand: then it is the program's own,
 * whichever socket that is by now, and nobody need be asked. */
static bool needs_nothing(const struct record *record)
{
    return record_is_pending(record) ? has_only_left(record) && !own_may_be(OWN_LIMITED)
                                     : record->tag.state != RECORD_GUARDED;
}

/* Bytes that were read say that the handshake is over. Nobody need be asked whether this is still
 * that connection: nothing is done to it, and what it teaches is of one that was opened so, as
 * story_completed() sees. */
static bool is_surely_over(const struct record *record, int flags, ssize_t result)
{
    return result > 0 && !(flags & MSG_PEEK) &&
           (record->tag.state == RECORD_STANDING ||
            (has_only_left(record) && (record->tag.flags & RECORD_SYN_DATA)));
}

bool reading(int fd, int flags, ssize_t *result)
{
    struct record record;
    machine_serve();
    if (machine_look(fd, &record) && !needs_nothing(&record) && machine_find(fd, &record)) {
        int error = before(&record, flags);
        if (error) {
            errno = error;
            *result = -1;
            return true;
        }
        if (record.tag.state == RECORD_OPENING && (record.tag.flags & RECORD_SHUT_READ)) {
            *result = 0;
            return true;
        }
    }
    *result = -1;
    return !(flags & MSG_DONTWAIT) && !waiting_before_call(fd, POLLIN);
}

ssize_t have_read(int fd, int flags, ssize_t result)
{
    struct record record;
    int error = errno;
    if (result < 0 && error == EAGAIN)
        waiting_looked();
    if (result < 0 && !machine_is_refusal(error))
        return result;
    if (!machine_look(fd, &record) ||
        (!is_surely_over(&record, flags, result) && !machine_find(fd, &record)) ||
        record.tag.state == RECORD_FAILED || record.tag.state == RECORD_DEFERRED)
        return result;
    if (result < 0 && record.tag.state == RECORD_OPENING &&
        ((flags & MSG_DONTWAIT) || tcp_is_nonblocking(fd)) && machine_reopen(&record)) {
        error = EAGAIN;
    } else if (result < 0) {
        story_counter_lesson(&record, MEMORY_NEVER_READS);
        error = machine_error(&record, error);
        machine_refused(&record, error);
    } else if (record.tag.state == RECORD_REHEARSED && result > 0) {
        story_because("it reads before it writes");
        story_rehearsed(&record, false); /* a write would have ended the rehearsal */
        machine_forget(&record);
    } else if ((result > 0 && !(flags & MSG_PEEK)) ||
               /* the end of the stream, unless nothing was asked for */
               (result == 0 && machine_is_over(&record) && record.tag.state == RECORD_STANDING)) {
        machine_established(&record, true);
    }
    errno = error;
    return result;
}
