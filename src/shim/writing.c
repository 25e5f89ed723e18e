/* SPDX-License-Identifier: MIT */
/* The first write: into the SYN whole, or not at all. */
/* Before all others: it decides which names the C library's headers give. */
#include "shim/next.h"

#include "shim/writing.h"

#include "kernel/tcp.h"
#include "policy/openings/openings.h"
#include "policy/prefixes.h"
#include "shim/machine.h"
#include "shim/policy_force.h"
#include "shim/program_memory.h"
#include "shim/shim.h"
#include "shim/story.h"
#include "shim/waiting.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <string.h>

/* What is written; `is_one`: its one part is the hook's own. The frame is next to the program's. */
struct message {
    struct msghdr header;
    bool is_one;
    const void *frame;
};

/* What a message is made of, once it is known that its parts can be read. Where it does not matter
 * what the bytes are, the kernel may find out whether it can read them: if it takes all or nothing,
 * a SYN without them leaves, and the plain call has its EFAULT. */
struct first_bytes {
    size_t total;
    size_t looked;
    bool readable; /* all that is worth looking at */
    unsigned char look[OPENING_LOOK];
};

static bool is_readable(const struct message *message, const void *address, size_t length)
{
    return program_memory_is_beside(message->frame, address, length) ||
           program_memory_asked(address, length);
}

static void look_at(struct first_bytes *first, const struct message *message, bool matters)
{
    const struct iovec *parts = message->header.msg_iov;
    size_t count = message->header.msg_iovlen;
    first->total = first->looked = 0;
    first->readable = message->is_one ||
                      (count <= UIO_MAXIOV && is_readable(message, parts, count * sizeof *parts));
    for (size_t i = 0; first->readable && i < count; i++) {
        size_t room = sizeof first->look - first->looked, length = parts[i].iov_len;
        first->total += length;
        if (length > room)
            length = room;
        if (!length ||
            (!matters && count == 1 && program_memory_is_whole(parts[i].iov_base, length)))
            continue;
        first->readable = is_readable(message, parts[i].iov_base, length);
        if (first->readable)
            memcpy(first->look + first->looked, parts[i].iov_base, length);
        first->looked += length;
    }
}

/* Urgent data, zero-copy completions and a Fast Open of the program's own have a meaning, or an
 * error, only on a connection that stands. What has more to follow is not the whole, and is held
 * back there. */
#define NEEDS_CONNECTION (MSG_OOB | MSG_ZEROCOPY | MSG_FASTOPEN | MSG_MORE)

static bool is_safe(const struct record *record, const struct first_bytes *first)
{
    const struct policy_link link = {interface_leaving, record->fd};
    struct endpoint to;
    endpoint_from_sockaddr(&to, &record->address.any, record_address_length(record));
    if (first->looked != first->total)
        return false;
    if (opening_of(first->look, first->looked, first->total, to.port) != OPENING_NONE)
        return true;
    struct policy_hold hold = policy_hold();
    bool vouched_for =
        prefixes_match(policy_client(hold.policy, &to, &link).prefixes, first->look, first->looked);
    policy_release(hold);
    return vouched_for;
}

/* What every path takes (RFC 9293, 3.7.1), less the room that the kernel keeps for options. */
#define ROOM_EVERYWHERE (536 - 40)

/* Does the SYN take so many bytes, as the host's last SYN-ACK had it, and the route has it now? */
static bool fits(const struct record *record, size_t total)
{
    if (record->room && total > record->room)
        return false;
    if (total <= ROOM_EVERYWHERE)
        return true;
    size_t room = (size_t)tcp_syn_room(record->fd, &record->address.any);
    return room ? total <= room : record->room != 0;
}

/* May these bytes go into the SYN, and would they do there what the program means? NULL: yes; or
 * why not. Control messages are looked at on a connection that stands, and have errors of their
 * own. */
static const char *unfit(const struct record *record, const struct message *message,
                         const struct first_bytes *first, int flags)
{
    if (!first->readable)
        return "its first write cannot be read";
    if (first->total == 0)
        return "its first write is empty";
    if ((flags & NEEDS_CONNECTION) || message->header.msg_controllen != 0)
        return "its first write has flags or control messages that need a connection";
    if ((record->tag.flags & RECORD_REPLAY_SAFE) && !is_safe(record, first))
        return "its first write is not safe to repeat";
    if (!shim.dry_run && !fits(record, first->total))
        return "its first write does not fit into the SYN";
    return NULL;
}

static bool may_open(const struct record *record, const struct message *message,
                     const struct first_bytes *first, int flags)
{
    const char *why_not = unfit(record, message, first, flags);
    const char *why = record->tag.flags & RECORD_REPLAY_SAFE ? "its first write is safe to repeat"
                                                             : "its rule allows any first write";
    story_because(why_not ? why_not : why);
    return !why_not;
}

static void rehearse(struct record *record, const struct message *message, int flags)
{
    struct first_bytes first;
    /* A program need not ask how its connect has ended. */
    if (record->tag.state == RECORD_CONTACT)
        machine_is_over(record);
    if (record->tag.state != RECORD_REHEARSED)
        return;
    look_at(&first, message, true);
    story_rehearsed(record, may_open(record, message, &first, flags));
    machine_forget(record);
}

static bool fail(int error, ssize_t *result)
{
    errno = error;
    *result = -1;
    return true;
}

/* The program has shut this side down, and the kernel will hear of it later. */
static bool broken_pipe(int flags, ssize_t *result)
{
    if (!(flags & MSG_NOSIGNAL))
        pthread_kill(pthread_self(), SIGPIPE);
    return fail(EPIPE, result);
}

/* What the connection needs where the write does not go into its SYN. */
static bool write_later(struct record *record, const struct first_bytes *first, int flags,
                        ssize_t *result)
{
    bool told = record_told_connected(record), blocked = record->tag.flags & RECORD_BLOCKING;
    /* While the SYN is under way the kernel would say EAGAIN to a write of nothing. */
    bool nothing = first->readable && first->total == 0 && !(flags & NEEDS_CONNECTION);
    int error = machine_before(record, nothing ? CALL_WAITS : CALL_MOVES);
    if (error)
        return fail(error, result);
    if (!first->readable && told && record->tag.state == RECORD_OPENING)
        return fail(EFAULT, result);
    if (blocked && (flags & MSG_FASTOPEN)) /* that connect() has succeeded was said by connect() */
        return fail(EISCONN, result);
    if (record->tag.state == RECORD_OPENING && (record->tag.flags & RECORD_SHUT_WRITE))
        return broken_pipe(flags, result);
    *result = 0;
    return nothing && told && record->tag.state == RECORD_OPENING;
}

/* A deferred connection opens by any write, so that nothing is said to the socket but what the
 * program says: nobody need be asked whether it is still that connection, unless it fails. Others
 * get an address, are waited for or watched. */
static bool opens_unasked(const struct record *record, const struct message *message)
{
    return record->tag.state == RECORD_DEFERRED && !(record->tag.flags & RECORD_BY_SHIM) &&
           !record->untried && record->send_timeout_ms == 0 && !message->header.msg_name;
}

/* `record`: of a connection that is pending, or for all that is known so. False: the plain call. */
static bool write_pending(struct record *record, const struct message *message, int flags,
                          ssize_t *result)
{
    struct first_bytes first;
    bool unasked = opens_unasked(record, message);
    look_at(&first, message, record->tag.flags & RECORD_REPLAY_SAFE);
    if (record->tag.state == RECORD_DEFERRED && may_open(record, message, &first, flags)) {
        if (machine_open(record, &message->header, first.total, flags, result))
            return true;
        look_at(&first, message, true); /* it may have failed for them */
    }
    if (unasked && !machine_find(record->fd, record))
        return false;
    if (record->tag.state == RECORD_DEFERRED && first.total > 0)
        story_lesson(record, MEMORY_WRITES_UNFIT);
    return write_later(record, &first, flags, result);
}

static bool write_first(int fd, const struct message *message, int flags, ssize_t *result)
{
    struct record record;
    machine_serve();
    if (machine_look(fd, &record) && record_is_pending(&record) &&
        (opens_unasked(&record, message) || machine_find(fd, &record)))
        return write_pending(&record, message, flags, result);
    if (shim.dry_run && machine_find(fd, &record))
        rehearse(&record, message, flags);
    *result = -1;
    return !(flags & MSG_DONTWAIT) && !waiting_before_call(fd, POLLOUT);
}

bool writing(int fd, const struct msghdr *header, int flags, ssize_t *result)
{
    const struct message message = {.header = *header, .frame = __builtin_frame_address(0)};
    return write_first(fd, &message, flags, result);
}

bool writing_bytes(int fd, const void *bytes, size_t length, int flags, ssize_t *result)
{
    struct iovec part = {(void *)bytes, length};
    const struct message message = {.header = {.msg_iov = &part, .msg_iovlen = 1},
                                    .is_one = true,
                                    .frame = __builtin_frame_address(0)};
    return write_first(fd, &message, flags, result);
}

int writing_in_bulk(int fd)
{
    struct record record;
    machine_serve();
    if (machine_find(fd, &record) && record_is_pending(&record)) {
        story_because("this call cannot write into a SYN");
        if (record.tag.state == RECORD_DEFERRED)
            story_lesson(&record, MEMORY_WRITES_UNFIT);
        return machine_before(&record, CALL_MOVES);
    }
    return waiting_before_call(fd, POLLOUT) ? 0 : errno;
}

ssize_t written(int fd, ssize_t result)
{
    struct record record;
    int error = errno;
    if (result < 0 && error == EAGAIN)
        waiting_looked();
    if (result == 0 || !machine_knows(fd) || !machine_find(fd, &record) ||
        record.tag.state == RECORD_FAILED || record.tag.state == RECORD_REHEARSED)
        return result;
    if (result > 0 && (record.tag.state == RECORD_OPENING || record.tag.state == RECORD_CONTACT))
        machine_established(&record, false);
    if (result < 0 && machine_is_refusal(error)) {
        error = machine_error(&record, error);
        machine_refused(&record, error);
    }
    errno = error;
    return result;
}
