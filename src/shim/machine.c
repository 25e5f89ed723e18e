/* SPDX-License-Identifier: MIT */
/* Before all others: it decides which names the C library's headers give. */
#include "shim/next.h"

#include "shim/machine.h"

#include "kernel/tcp.h"
#include "kernel/tcp_opening.h"
#include "shim/concern.h"
#include "shim/deferring.h"
#include "shim/kept.h"
#include "shim/note.h"
#include "shim/own.h"
#include "shim/pending.h"
#include "shim/story.h"
#include "shim/unflushed.h"
#include "slot/slot.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/uio.h>

/* A program that has been told "writable" leaves its connection deferred this many times: some ask
 * twice or more, and one may be told so for ever and not write. */
#define WAITS_SURVIVED 7

/* A connect that did not block waits for its handshake in a write, and not at all in most programs:
 * three known round trips from its SYN, and never long. */
#define BUDGET_ROUND_TRIPS 3
#define BUDGET_MS 250

#define SHUT_FLAGS (RECORD_SHUT_READ | RECORD_SHUT_WRITE)

/* What an OPENING one is watched for. */
#define WATCH_FLAGS (SHUT_FLAGS | RECORD_KEPT)

/* Beyond that it is not known any more how many descriptors there are. */
#define COPIES_MOST 3

/* A connect that fails later than this has not been reset, but waited in vain. */
#define RESET_COMES_WITHIN_MS 30000

/* Whoever was made to wait before that is late no more. */
#define LATE_MS 1000

/* What another thread has in hand is done within moments, however busy the machine is: what lasts
 * longer is the own thread's, under a signal handler. */
#define IN_HAND_MS 250

static uint32_t forks; /* how often this process, or its parents since start-up, forked */

static struct record_table *const table = &record_connections;

/* ---- records ---- */

/* Is the copy still of this record, and not of one that came after it, or of none? */
static bool is_same(const struct record *record, union record_tag whose)
{
    return record->tag.key == whose.key && slot_same_generation(record->tag.word, whose.word);
}

/* Whatever other threads do to it meanwhile. False: the record has gone. */
static bool set_flags(struct record *record, unsigned set, unsigned clear)
{
    const union record_tag whose = record->tag;
    unsigned flags;
    do {
        flags = (record->tag.flags & ~clear) | set;
        if (flags == record->tag.flags || record_change(table, record, record->tag.state, flags))
            return true;
    } while (is_same(record, whose));
    return false;
}

/* The copy, as it is now. False: the record has gone, and the copy is what it was. */
static bool refresh(struct record *record)
{
    struct record now;
    if (!record_get(table, record->fd, &now) || !is_same(&now, record->tag))
        return false;
    *record = now;
    return true;
}

/* The private epoll tells of it. */
static bool is_watched(const struct record *record)
{
    return record->tag.state == RECORD_GUARDED || record->tag.state == RECORD_LINGERING ||
           (record->tag.state == RECORD_OPENING && (record->tag.flags & WATCH_FLAGS));
}

void machine_forget(struct record *record)
{
    bool watched = is_watched(record);
    if (record_forget(table, record) && watched)
        pending_unwatch(record->fd);
}

static bool is_under_way(const struct record *record)
{
    return record->tag.state == RECORD_OPENING || record->tag.state == RECORD_CONTACT;
}

/* Another thread is about to send its SYN, the first or anew, or what was kept. */
static bool is_in_hand(const struct record *record)
{
    return !(record->tag.flags & RECORD_SYN_LEFT) &&
           (is_under_way(record) || (record->tag.flags & RECORD_ANEW));
}

/* False: it still is. */
static bool wait_for_hand(struct record *record)
{
    for (int left = IN_HAND_MS; refresh(record) && is_in_hand(record); left--)
        if (left == 0)
            return false;
        else
            tcp_wait(-1, 0, 1);
    return true;
}

bool machine_find(int fd, struct record *record)
{
    if (!record_get(table, fd, record))
        return false;
    if (!tcp_is_socket(fd, record->socket_cookie)) {
        machine_forget(record);
        return false;
    }
    if (!is_in_hand(record))
        return true;
    wait_for_hand(record);
    return refresh(record);
}

void machine_each(machine_wanted *wanted, const void *context, machine_action *action)
{
    struct record record;
    if (machine_idle())
        return;
    for (unsigned slot = 0; slot < record_end(table); slot++)
        if (record_get_slot(table, slot, &record) && (!wanted || wanted(&record, context)))
            action(&record);
}

bool machine_any(machine_wanted *wanted, const void *context)
{
    struct record record;
    bool found = false;
    for (unsigned slot = 0; !found && !machine_idle() && slot < record_end(table); slot++)
        found = record_get_slot(table, slot, &record) && wanted(&record, context);
    return found;
}

/* ---- what the program has been told ---- */

void machine_tell(struct record *record)
{
    set_flags(record, RECORD_TOLD_CONNECTED, 0);
}

void machine_tell_in_time(struct record *record)
{
    int64_t since_ms = tcp_now_ms() - record->syn_left_ms;
    if (record->tag.state == RECORD_DEFERRED && record->round_trip_us &&
        since_ms * 1000 > (int64_t)record->round_trip_us)
        machine_tell(record);
}

bool machine_asked(struct record *record)
{
    bool before = record_told_by_connect(record);
    set_flags(record, RECORD_TOLD_CONNECTED | RECORD_ASKED, 0);
    return before;
}

void machine_named(struct record *record)
{
    if (record->untried) { /* it may be connected anew, and keeps its port then */
        record->port = tcp_local_port(record->fd);
        record_save(table, record);
    }
    set_flags(record, RECORD_NAMED, 0);
}

/* A connected socket is not refused. */
static int connected_error(int error)
{
    return error == ECONNREFUSED || error == 0 ? ECONNRESET : error;
}

/* What connect() has said holds when the record has gone. */
static void note_told(const struct record *record)
{
    if (record_told_by_connect(record))
        note_connected(record);
}

int machine_error(const struct record *record, int error)
{
    return record_told_connected(record) ? connected_error(error) : error;
}

int machine_take_error(struct record *record)
{
    if (record->tag.state != RECORD_FAILED)
        return 0;
    int kernels = tcp_take_error(record->fd);
    note_told(record);
    machine_forget(record);
    return machine_error(record, record->error ? record->error : kernels);
}

bool machine_survive(struct record *record, bool read)
{
    if (record->tag.state != RECORD_DEFERRED)
        return false;
    if (read) {
        bool before = record->tag.flags & RECORD_LOOKED;
        set_flags(record, RECORD_LOOKED, 0);
        return before;
    }
    if (record->tag.flags / RECORD_WAIT_SURVIVED >= WAITS_SURVIVED)
        return true;
    record_change(table, record, RECORD_DEFERRED, record->tag.flags + RECORD_WAIT_SURVIVED);
    return false;
}

void machine_watched(struct record *record, int epoll, const struct epoll_event *event)
{
    if (record->epoll >= 0 && (record->epoll != epoll || record->epoll_data != event->data.u64))
        set_flags(record, RECORD_ANY_EPOLL, 0);
    record->epoll = epoll;
    record->epoll_data = event->data.u64;
    record->epoll_events = event->events;
    record_save(table, record);
}

void machine_watched_no_more(struct record *record, int epoll)
{
    if (record->epoll != epoll)
        return;
    record->epoll_events = 0;
    record_save(table, record);
}

static bool may_be_elsewhere(const struct record *record)
{
    return (record->tag.flags & RECORD_SHARED) || record->forks != forks;
}

static unsigned copies(const struct record *record)
{
    return record->tag.flags / RECORD_COPY % (COPIES_MOST + 1);
}

bool machine_is_shared(const struct record *record)
{
    return may_be_elsewhere(record) || copies(record) > 0;
}

static bool is_ours_alone(const struct record *record)
{
    return !machine_is_shared(record) && !(record->tag.flags & RECORD_INHERITED);
}

/* ---- defer, start, open ---- */

bool machine_defer(struct record *record)
{
    record->tag.state = RECORD_DEFERRED;
    record->owner = deferring_thread();
    record->forks = forks;
    record->epoll = -1;
    record->syn_left_ms = tcp_now_ms(); /* as the plain program's SYN */
    if (!record_put(table, record))
        return false;
    deferring_add(record_slot_of(table, record->fd));
    deferring.zero_timeouts = 0;
    story_deferred(record);
    return true;
}

void machine_follow(struct record *record, enum record_state state)
{
    record->tag.state = state;
    record->tag.flags |= RECORD_SYN_LEFT;
    record->forks = forks;
    record->epoll = -1;
    record_put(table, record);
}

static void syn_left(struct record *record)
{
    record->syn_left_ms = tcp_now_ms();
    record_save(table, record);
}

/* False: another thread was first, and it may not have failed at all. */
static bool enter_failed(struct record *record)
{
    unsigned flags = record->tag.flags;
    if (!record_change(table, record, RECORD_FAILED, flags & ~WATCH_FLAGS))
        return false;
    if (flags & WATCH_FLAGS)
        pending_unwatch(record->fd);
    return true;
}

/* The program's next call hears of it. What the kernel says stays with the kernel until then, for a
 * stream, or another program, asks nobody else; but where connect() has succeeded they find what an
 * established connection is in its end. 0: the kernel knows which error. */
static void set_error(struct record *record, int error)
{
    if (record_told_by_connect(record)) {
        int kernels = tcp_take_error(record->fd);
        error = error ? error : kernels;
        tcp_make_reset(record->fd, &record->address.any, record_address_length(record));
        own_given_option(record->fd); /* it is made so */
    }
    record->error = (uint8_t)error;
    record_save(table, record);
}

static void fail(struct record *record, int error)
{
    if (enter_failed(record))
        set_error(record, error);
}

/* A connect that is in progress to its program as well becomes a true one. A cookie would let the
 * server have the connection before the handshake is over, and the program may yet give it up. Its
 * port is another one then. */
static bool start_truly(struct record *record)
{
    return !record_told_connected(record) &&
           !(record->tag.flags & (RECORD_BY_SHIM | RECORD_NAMED)) &&
           tcp_is_nonblocking(record->fd) &&
           record_change(table, record, RECORD_CONTACT, record->tag.flags);
}

void machine_start(struct record *record)
{
    if (record->tag.state != RECORD_DEFERRED)
        return;
    if (start_truly(record)) {
        int error = tcp_connect_anew(record->fd, &record->address.any,
                                     record_address_length(record), true, 0);
        story_started(record, error);
        set_flags(record, RECORD_SYN_LEFT, 0);
        if (error)
            fail(record, error);
        return;
    }
    if (!record_change(table, record, RECORD_OPENING, record->tag.flags))
        return; /* another thread has just opened, started or closed it */
    syn_left(record);
    int error = tcp_send_bare_syn(record->fd, &record->address.any, record_address_length(record));
    story_started(record, error);
    if (error) {
        story_failed(record, 0);
        fail(record, error);
    } else {
        set_flags(record, RECORD_SYN_LEFT, 0);
    }
}

bool machine_each_deferred(machine_step *step, const void *context)
{
    struct deferring range = deferring;
    bool left = false;
    /* Emptied before the walk, so that a connect in a signal handler in its midst is not lost. */
    deferring.end = 0;
    for (unsigned slot = range.begin; slot < range.end; slot++) {
        struct record record;
        if (!record_get_slot(table, slot, &record) || record.tag.state != RECORD_DEFERRED ||
            record.owner != deferring_thread() || !step(&record, context))
            continue;
        deferring_add(slot);
        deferring.zero_timeouts = range.zero_timeouts;
        left = true;
    }
    return left;
}

static bool start_step(struct record *record, const void *context)
{
    (void)context;
    if (machine_find(record->fd, record))
        machine_start(record);
    return false;
}

void machine_start_thread(void)
{
    int saved = errno;
    machine_each_deferred(start_step, NULL);
    errno = saved;
}

/* The kernel took less than a SYN was reckoned to take. A blocking write is never short; how far a
 * non-blocking one came is its answer. */
static void write_rest(struct record *record, const struct msghdr *message, size_t total, int flags,
                       ssize_t *sent)
{
    if ((size_t)*sent >= total || (flags & MSG_DONTWAIT) || tcp_is_nonblocking(record->fd))
        return;
    machine_settle(record);
    size_t skip = (size_t)*sent, i = 0, count = message->msg_iovlen;
    for (; i < count && skip >= message->msg_iov[i].iov_len; i++)
        skip -= message->msg_iov[i].iov_len;
    for (; i < count; i++, skip = 0) {
        const struct iovec *part = &message->msg_iov[i];
        ssize_t more =
            NEXT(send)(record->fd, (char *)part->iov_base + skip, part->iov_len - skip, flags);
        *sent += more > 0 ? more : 0;
        if (more != (ssize_t)(part->iov_len - skip))
            return;
    }
}

/* SO_SNDTIMEO, as it was then, bounded connect(): the first call that waits is bounded by it. */
static bool is_bounded(const struct record *record)
{
    return record->send_timeout_ms && (record->tag.flags & RECORD_BLOCKING);
}

/* Made a reset one, it sends no more: bytes that arrived after all would be sent again by a program
 * that was told of an error. */
static void give_up(struct record *record)
{
    story_failed(record, ETIMEDOUT);
    fail(record, ETIMEDOUT);
}

/* A blocking one would wait for the SYN-ACK, and when a signal ended that wait the kernel would
 * report EINTR, or restart the call, with the bytes already on the wire. */
static ssize_t send_waiting_for_nothing(const struct record *record, const struct msghdr *message,
                                        int flags)
{
    return NEXT(sendmsg)(record->fd, message, flags | MSG_DONTWAIT);
}

/* What the kernel has deferred opens by the plain write. To what the shim has deferred the address
 * is said, and to what a sandbox kept from that. */
static ssize_t send_syn(struct record *record, const struct msghdr *message, int flags)
{
    struct msghdr opening = *message;
    ssize_t sent = -1;
    int state;
    bool unconnected = record->tag.flags & RECORD_BY_SHIM;
    opening.msg_name = NULL;
    opening.msg_namelen = 0;
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &state);
    if (!unconnected)
        sent = send_waiting_for_nothing(record, &opening, flags);
    int error = errno;
    if (unconnected || (sent < 0 && tcp_is_socket(record->fd, record->socket_cookie) &&
                        tcp_is_deferred(record->fd, error))) {
        opening.msg_name = &record->address;
        opening.msg_namelen = record_address_length(record);
        sent = send_waiting_for_nothing(record, &opening, flags | MSG_FASTOPEN);
        error = errno;
    }
    pthread_setcancelstate(state, NULL);
    errno = error;
    return sent;
}

/* The SYN did not take the bytes. Returns 0 where the plain call is to be made, else the error. */
static int open_failed(struct record *record, int error)
{
    /* Deferred by the shim, it is still to be connected. */
    error = tcp_refuses_fast_open(error) && (record->tag.flags & RECORD_BY_SHIM)
                ? tcp_send_bare_syn(record->fd, &record->address.any, record_address_length(record))
                : tcp_syn_error(error);
    if (!error) /* the cookie is gone, and a bare SYN has left */
        set_flags(record, RECORD_SYN_LEFT, RECORD_SYN_DATA);
    else
        machine_refused(record, error);
    return error;
}

/* The flags say what is watched for, and whoever takes them away unwatches. False: it cannot be
 * watched, or another thread has just seen the end of the handshake. */
static bool watch_for(struct record *record, unsigned flags)
{
    bool before = record->tag.flags & WATCH_FLAGS;
    if (!before && !pending_watch(record->fd))
        return false;
    bool done = record_change(table, record, record->tag.state, record->tag.flags | flags);
    if (!done && !before)
        pending_unwatch(record->fd);
    return done;
}

/* A path on which no SYN's data has come through may answer it with a reset, where a plain connect
 * would have succeeded. */
static bool keep(const struct record *record, const struct msghdr *message, size_t length)
{
    return record->untried && is_ours_alone(record) && record_is_own_process() &&
           pending_is_possible() && kept_put(record_slot_of(table, record->fd), message, length) &&
           pending_watch(record->fd);
}

/* In one step: whoever sees that it has left sees that it is kept, for the answer may be there. */
static void syn_data_left(struct record *record, const struct msghdr *message, size_t length)
{
    bool kept = keep(record, message, length);
    unsigned flags = RECORD_SYN_LEFT | RECORD_TOLD_CONNECTED | (kept ? RECORD_KEPT : 0);
    bool there = set_flags(record, flags, 0);
    if (kept && (!there || record->tag.state != RECORD_OPENING)) /* nobody else ends the watch */
        pending_unwatch(record->fd);
}

bool machine_open(struct record *record, const struct msghdr *message, size_t total, int flags,
                  ssize_t *result)
{
    int saved = errno;
    /* A thread that is to be cancelled is so here, before the record says that the SYN has left. */
    pthread_testcancel();
    if (!record_change(table, record, RECORD_OPENING, record->tag.flags | RECORD_SYN_DATA)) {
        machine_find(record->fd, record); /* another thread was first: this write comes after it */
        return false;
    }
    syn_left(record);
    deferring.zero_timeouts = 0;
    story_counter_lesson(record, MEMORY_READS_FIRST);
    story_counter_lesson(record, MEMORY_WRITES_UNFIT);
    *result = send_syn(record, message, flags);
    int error = *result < 0 ? errno : 0;
    story_opened(record, error);
    if (error && !tcp_is_socket(record->fd, record->socket_cookie)) {
        machine_forget(record); /* its descriptor is another one's by now */
        errno = saved;
        return false;
    }
    if (error) {
        bool told = record_told_connected(record);
        error = open_failed(record, error);
        if (error && told)
            error = machine_error(record, error);
    } else {
        syn_data_left(record, message, (size_t)*result);
        if (is_bounded(record) && !(flags & MSG_DONTWAIT) && !tcp_is_nonblocking(record->fd)) {
            machine_settle(record);
            error = machine_take_error(record);
        }
        if (!error)
            write_rest(record, message, total, flags, result);
    }
    if (!error && *result < 0) {
        errno = saved;
        return false;
    }
    errno = error ? error : saved;
    if (error)
        *result = -1;
    return true;
}

/* ---- the end of the handshake ---- */

static void shut(const struct record *record)
{
    unsigned flags = record->tag.flags & SHUT_FLAGS;
    int how = flags == SHUT_FLAGS ? SHUT_RDWR : flags == RECORD_SHUT_WRITE ? SHUT_WR : SHUT_RD;
    if (flags)
        tcp_call(SYS_shutdown, record->fd, how, 0, 0, 0, 0);
}

bool machine_reopen(struct record *record)
{
    const struct record failed = *record;
    unsigned flags = failed.tag.flags;
    if (!(flags & RECORD_KEPT) || (flags & (RECORD_ANEW | RECORD_STREAM)) ||
        !is_ours_alone(record) || !record_is_own_process() ||
        tcp_now_ms() > record->syn_left_ms + RESET_COMES_WITHIN_MS)
        return false;
    flags = (flags | RECORD_ANEW) & ~(RECORD_SYN_LEFT | RECORD_SYN_DATA);
    if (!record_change(table, record, failed.tag.state, flags))
        return true; /* another thread does */
    story_failed(&failed, 0);
    syn_left(record);
    int error =
        tcp_connect_anew(record->fd, &record->address.any, record_address_length(record),
                         tcp_is_nonblocking(record->fd), flags & RECORD_NAMED ? record->port : 0);
    story_tell(record, "connected again without Fast Open: a reset answered its SYN data", error);
    set_flags(record, RECORD_SYN_LEFT, 0);
    return error == 0;
}

/* Before anything that the program writes. False: another thread does. */
static bool send_kept(struct record *record)
{
    size_t length;
    const void *bytes = kept_get(record_slot_of(table, record->fd), &length);
    if (!(record->tag.flags & RECORD_ANEW))
        return true;
    if (!record_change(table, record, record->tag.state, record->tag.flags & ~RECORD_SYN_LEFT))
        return false;
    tcp_call(SYS_sendto, record->fd, (long)bytes, (long)length, MSG_DONTWAIT | MSG_NOSIGNAL, 0, 0);
    return true;
}

void machine_established(struct record *record, bool has_read)
{
    if (record->tag.state == RECORD_OPENING && !send_kept(record))
        return;
    const struct record before = *record;
    unsigned flags = record->tag.flags;
    enum record_state state = record->tag.state;
    bool first;
    if (has_read)
        story_counter_lesson(record, MEMORY_NEVER_READS);
    if (state == RECORD_OPENING &&
        (flags & (RECORD_SYN_DATA | RECORD_BLOCKING)) == RECORD_SYN_DATA && !record->waited)
        story_counter_lesson(record, MEMORY_COSTS_A_WAIT);
    if (is_under_way(record))
        own_remove(record->fd); /* it is not connected once more, or then plainly */
    /* Whoever was told that connect() succeeded must hear EISCONN from now on, but the kernel has
     * not been asked yet whether this connect has succeeded, and says 0 to the first who does. To
     * ask it here would lose what has been received, where a reset has come in since. */
    if (state == RECORD_OPENING)
        note_told(record);
    if (state == RECORD_OPENING && (flags & WATCH_FLAGS)) {
        shut(record);
        pending_unwatch(record->fd);
    }
    if (state == RECORD_OPENING && !has_read) /* it may yet end without a read */
        first = record_change(table, record, RECORD_STANDING, flags & ~(WATCH_FLAGS | RECORD_ANEW));
    else if (state == RECORD_CONTACT && (flags & RECORD_WOULD_DEFER))
        first = record_change(table, record, RECORD_REHEARSED, flags);
    else
        first = record_forget_past(table, record);
    if (first && is_under_way(&before)) /* several threads may see it: one tells */
        story_completed(&before);
}

bool machine_is_refusal(int error)
{
    return error == ECONNREFUSED || error == ETIMEDOUT || error == ECONNRESET ||
           error == EHOSTUNREACH || error == ENETUNREACH;
}

void machine_refused(struct record *record, int error)
{
    if (record->tag.state == RECORD_GUARDED) /* an accepted one, whose peer is no server */
        return;
    if (tcp_has_connected(record->fd)) { /* a server was there, and has reset the connection */
        machine_established(record, false);
        return;
    }
    story_failed(record, error);
    note_told(record);
    machine_forget(record);
}

/* What the kernel says holds for the record as it was before it was asked: where another thread has
 * changed it since, all is asked once more. */
bool machine_is_over(struct record *record)
{
    while (is_under_way(record) && refresh(record) && is_under_way(record)) {
        enum tcp_progress progress = tcp_progress(record->fd);
        if (progress == TCP_PROGRESS_UNDER_WAY)
            return false;
        if (is_in_hand(record)) {
            if (!wait_for_hand(record))
                return false;
        } else if (progress == TCP_PROGRESS_CONNECTED) {
            machine_established(record, false);
        } else if (machine_reopen(record)) {
            return false;
        } else if (!record_told_connected(record)) {
            story_failed(record, 0);
            machine_forget(record);
            return true;
        } else if (enter_failed(record)) {
            story_failed(record, 0);
            set_error(record, 0);
        }
    }
    return true;
}

/* ---- settle ---- */

/* How long the handshake may be waited for, in milliseconds; -1: as long as the kernel tries. */
static int patience(const struct record *record)
{
    if (record->tag.flags & RECORD_BLOCKING)
        return is_bounded(record) ? (int)record->send_timeout_ms : -1;
    /* One budget for all SYNs that were on their way when it ran out. */
    if (record->syn_left_ms <= deferring.gave_up_ms)
        return 0;
    int64_t budget = (int64_t)record->round_trip_us * BUDGET_ROUND_TRIPS / 1000 + 1;
    if (record->round_trip_us == 0 || budget > BUDGET_MS)
        budget = BUDGET_MS;
    int64_t left = record->syn_left_ms + budget - tcp_now_ms();
    return left > 0 ? (int)left : 0;
}

bool machine_keeps_writable(const struct record *record)
{
    return record->tag.state == RECORD_OPENING && record_told_connected(record) &&
           !(record->tag.flags & (RECORD_BLOCKING | RECORD_ANEW | WATCH_FLAGS)) &&
           patience(record) > 0;
}

/* When a thread was last made to wait where a plain program is not, or was before. */
static _Atomic int64_t made_to_wait_from, made_to_wait_to;

static void note_wait(int64_t since_ms)
{
    int64_t now = tcp_now_ms();
    if (now <= since_ms)
        return;
    atomic_store_explicit(&made_to_wait_from, since_ms, memory_order_relaxed);
    atomic_store_explicit(&made_to_wait_to, now, memory_order_relaxed);
}

static void settle_for(struct record *record, int milliseconds)
{
    bool before = record->tag.flags & RECORD_ANEW;
    int64_t began = tcp_now_ms();
    if (!wait_for_hand(record) && !before) {
        tcp_send_bare_syn(record->fd, &record->address.any, record_address_length(record));
        set_flags(record, RECORD_SYN_LEFT, 0);
    }
    if (!tcp_wait(record->fd, POLLOUT, milliseconds) && !(record->tag.flags & RECORD_BLOCKING))
        deferring.gave_up_ms = tcp_now_ms();
    note_wait(began);
    story_tell(record, "waited for its handshake", 0);
    if (!machine_is_over(record) && (record->tag.flags & RECORD_ANEW) && !before)
        settle_for(record, milliseconds);
}

void machine_settle(struct record *record)
{
    machine_start(record);
    if (record->tag.state != RECORD_OPENING || machine_is_over(record))
        return;
    story_because("the thread waits for another connection");
    machine_start_thread(); /* what is pending is waited for together */
    if (!(record->tag.flags & RECORD_BLOCKING)) {
        story_lesson(record, MEMORY_COSTS_A_WAIT);
        record->waited = 1;
        record_save(table, record);
    }
    settle_for(record, patience(record));
    if (is_bounded(record) && !machine_is_over(record))
        give_up(record);
}

void machine_settle_within(struct record *record, int milliseconds)
{
    if (is_bounded(record) && (int)record->send_timeout_ms < milliseconds)
        milliseconds = (int)record->send_timeout_ms;
    int64_t left = record->syn_left_ms + milliseconds - tcp_now_ms();
    if (record->tag.state == RECORD_OPENING && !machine_is_over(record))
        settle_for(record, milliseconds < 0 ? -1 : left > 0 ? (int)left : 0);
}

/* What is kept comes before whatever else is written. */
static int before_kept(struct record *record)
{
    if (!tcp_is_nonblocking(record->fd))
        machine_settle_within(record, -1);
    return machine_is_over(record) ? 0 : EAGAIN;
}

int machine_before(struct record *record, enum machine_call call)
{
    bool blocking = record->tag.flags & RECORD_BLOCKING, settles = false;
    machine_start(record);
    if (record_told_connected(record) && record->tag.state == RECORD_OPENING)
        settles = call == CALL_WAITS ? is_bounded(record) : call != CALL_ENDS || blocking;
    if (settles)
        machine_settle(record);
    if (call == CALL_MOVES && record->tag.state == RECORD_OPENING &&
        (record->tag.flags & RECORD_ANEW) && before_kept(record))
        return EAGAIN;
    /* What looks and what ends leaves the error to the next call that moves bytes. */
    return call == CALL_LOOKS || call == CALL_ENDS ? 0 : machine_take_error(record);
}

/* ---- linger, share ---- */

bool machine_linger(struct record *record)
{
    struct record held = *record;
    if (!pending_is_possible() || !record_is_own_process())
        return false;
    held.tag.state = RECORD_LINGERING;
    held.tag.flags =
        (record->tag.flags & ~RECORD_SHARED) | (may_be_elsewhere(record) ? RECORD_SHARED : 0);
    held.fd = pending_duplicate(record->fd, 0);
    /* Its slot may be taken: then another number. */
    while (held.fd >= 0 && !record_put(table, &held)) {
        int taken = held.fd;
        held.fd = taken < (int)RECORD_CONNECTIONS ? pending_duplicate(record->fd, taken + 1) : -1;
        tcp_call(SYS_close, taken, 0, 0, 0, 0, 0);
    }
    if (held.fd < 0)
        return false;
    if (held.tag.flags & RECORD_KEPT)
        kept_move(record_slot_of(table, record->fd), record_slot_of(table, held.fd));
    pending_leave_epolls(record->fd);
    if (!machine_is_shared(record))
        tcp_clear_async(held.fd);
    if (!pending_watch(held.fd)) {
        record_forget(table, &held);
        tcp_call(SYS_close, held.fd, 0, 0, 0, 0, 0);
        return false;
    }
    story_tell(record, "closed during its handshake, and held until that is complete", 0);
    machine_forget(record);
    return true;
}

void machine_confirm(const struct record *record)
{
    int state = tcp_state(record->fd);
    /* On one that has been reset it would throw away what came before. */
    if (state != TCP_CLOSE && state != TCP_SYN_SENT)
        tcp_call(SYS_connect, record->fd, (long)&record->address,
                 (long)record_address_length(record), 0, 0, 0);
}

bool machine_shut_later(struct record *record, int how)
{
    unsigned set = how == SHUT_RDWR ? SHUT_FLAGS
                   : how == SHUT_WR ? RECORD_SHUT_WRITE
                                    : RECORD_SHUT_READ;
    return pending_is_possible() && watch_for(record, set);
}

static void watch_guarded(struct record *record)
{
    if (record->tag.state == RECORD_GUARDED)
        pending_watch_taken(record->fd);
}

/* Nobody else knows that something comes before what he writes. */
static void settle_kept(struct record *record)
{
    if (record->tag.state != RECORD_OPENING || !(record->tag.flags & RECORD_KEPT))
        return;
    if (record->tag.flags & RECORD_BLOCKING)
        machine_settle(record);
    else if (!machine_is_over(record) && (record->tag.flags & RECORD_ANEW))
        machine_settle_within(record, BUDGET_MS);
    if ((record->tag.flags & RECORD_ANEW) && !machine_is_over(record))
        fail(record, ECONNRESET);
}

static bool is_copy(const struct record *record, const void *context)
{
    const struct record *other = context;
    return record->fd != other->fd && record->socket_cookie != 0 &&
           record->socket_cookie == other->socket_cookie;
}

/* One that is not counted would be shut down in the program's hands. */
static void count_copies(struct record *record, int step)
{
    const union record_tag before = record->tag;
    while (copies(record) < COPIES_MOST && (step > 0 || copies(record) > 0) &&
           !record_change(table, record, record->tag.state,
                          record->tag.flags + (unsigned)step * RECORD_COPY) &&
           is_same(record, before))
        continue;
}

static void one_more(struct record *record)
{
    count_copies(record, 1);
}

static void one_less(struct record *record)
{
    count_copies(record, -1);
}

static void give_away(struct record *record)
{
    set_flags(record, RECORD_SHARED, 0);
}

void machine_share(struct record *record, int fd)
{
    struct record other, before;
    settle_kept(record);
    if (fd == record->fd) {
        if (copies(record) > 0)
            machine_each(is_copy, record, give_away);
        give_away(record);
        return;
    }
    machine_each(is_copy, record, one_more);
    one_more(record);
    other = *record;
    other.fd = fd;
    other.tag.flags = record->tag.flags & ~WATCH_FLAGS;
    if (machine_find(fd, &before))
        machine_forget(&before);
    if (record_put(table, &other))
        watch_guarded(&other);
}

static void give_to_stream(struct record *record)
{
    set_flags(record, RECORD_STREAM, 0);
}

void machine_stream(struct record *record)
{
    settle_kept(record);
    if (copies(record) > 0)
        machine_each(is_copy, record, give_to_stream);
    give_to_stream(record);
}

void machine_leave(struct record *record)
{
    if (copies(record) > 0)
        machine_each(is_copy, record, one_less);
}

/* ---- guard ---- */

static atomic_uint guarded_expected;

void machine_expect_guarded(void)
{
    if (!atomic_exchange(&guarded_expected, 1))
        concern_add_waits();
}

bool machine_expects_guarded(void)
{
    return atomic_load_explicit(&guarded_expected, memory_order_relaxed);
}

bool machine_guard(struct record *record, int brought)
{
    record->tag.state = RECORD_GUARDED;
    record->tag.flags = RECORD_TOLD_CONNECTED;
    record->forks = forks;
    record->epoll = -1;
    record->syn_left_ms = tcp_now_ms();
    record->epoll_data = (uint64_t)tcp_least_to_read(record->fd);
    if (!record_put(table, record))
        return false;
    if (!pending_watch_taken(record->fd)) {
        record_forget(table, record);
        return false;
    }
    if (!tcp_set_least_to_read(record->fd, brought + 1)) {
        machine_forget(record);
        return false;
    }
    story_guarded(record);
    return true;
}

bool machine_is_proved(struct record *record)
{
    enum tcp_proof proof;
    if (record->tag.state != RECORD_GUARDED)
        return true;
    proof = tcp_proof(record->fd);
    if (proof == TCP_PROOF_PENDING)
        return false;
    if (proof == TCP_PROOF_GIVEN ? record_forget(table, record)
                                 : record_change(table, record, RECORD_FAILED, record->tag.flags)) {
        story_proved(record, proof == TCP_PROOF_GIVEN);
        pending_unwatch(record->fd);
    }
    if (proof == TCP_PROOF_FAILED) { /* the bytes of a client that is not there are nobody's */
        record->error = (uint8_t)tcp_take_error(record->fd);
        record_save(table, record);
        tcp_discard(record->fd);
    }
    tcp_set_least_to_read(record->fd, (int)record->epoll_data);
    return true;
}

void machine_set_least_to_read(struct record *record, int least)
{
    record->epoll_data = (uint64_t)(least > 0 ? least : least == 0 ? 1 : INT_MAX);
    record_save(table, record);
}

/* ---- endings ---- */

bool machine_is_ours(int fd)
{
    struct record record;
    if (!pending_any())
        return false;
    return fd == pending_epoll() ||
           (record_get(table, fd, &record) && record.tag.state == RECORD_LINGERING);
}

void machine_give_way(int fd)
{
    struct record record;
    if (fd == pending_epoll())
        pending_move();
    else if (record_get(table, fd, &record))
        machine_linger(&record);
}

bool machine_is_to_end(const struct record *record)
{
    return !(record->tag.flags & RECORD_INHERITED) || (record->tag.flags & SHUT_FLAGS);
}

/* The plain program's close came before the answer could: what the server has said since would make
 * a reset of it. The end is said on the connection itself, whoever else holds a descriptor that no
 * hook has seen made; but not where a child may still be using it. The bytes went with the SYN and
 * the end leaves alone, so that it may be lost alone, and the answer comes first: a close() that
 * waits for the end to be acknowledged reads that away. */
static void finish_socket(int fd, bool closes)
{
    int lingers = tcp_time_to_linger(fd);
    if (lingers == 0)
        return;
    tcp_read_away(fd);
    if (unflushed_is(fd))
        return;
    if (closes && lingers > 0)
        tcp_end_slowly(fd);
    tcp_call(SYS_shutdown, fd, SHUT_RDWR, 0, 0, 0, 0);
}

static void finish(struct record *record, bool closes)
{
    if (is_ours_alone(record))
        finish_socket(record->fd, closes);
}

void machine_finish(struct record *record)
{
    finish(record, false);
}

void machine_finish_for_close(struct record *record)
{
    finish(record, true);
}

/* A server that Fast Open lets speak at the SYN does so a round trip before it could to a plain
 * program: what that one had not found yet when it ended makes no reset. */
static bool is_early(const struct record *record)
{
    return record->tag.state == RECORD_STANDING &&
           tcp_now_ms() <= record->syn_left_ms + 2 * (int64_t)record->round_trip_us / 1000 + 1;
}

void machine_finish_early(struct record *record)
{
    if (is_early(record))
        machine_finish_for_close(record);
}

bool machine_end_stream(int fd)
{
    struct record record;
    bool known = record_get(table, fd, &record) && machine_find(fd, &record);
    int state = tcp_state(fd);
    if (known && (record_is_pending(&record) || is_watched(&record)))
        return false;
    if (known)
        machine_leave(&record);
    if ((state != TCP_ESTABLISHED && state != TCP_CLOSE_WAIT) ||
        (known ? !is_ours_alone(&record) : forks > 0) || tcp_time_to_linger(fd) == 0)
        return false;
    if (tcp_unread(fd) > 0 && !(known && is_early(&record)))
        return false;
    if (!unflushed_is(fd))
        tcp_call(SYS_shutdown, fd, SHUT_WR, 0, 0, 0, 0);
    return true;
}

bool machine_is_late(void)
{
    return tcp_now_ms() <= made_to_wait_to + LATE_MS;
}

void machine_finish_late(int fd)
{
    const int64_t from = made_to_wait_from;
    struct record record;
    bool known = record_get(table, fd, &record) && machine_find(fd, &record);
    if ((known ? is_ours_alone(&record) : forks == 0) &&
        tcp_was_answered(fd, made_to_wait_to - from, tcp_now_ms() - from))
        finish_socket(fd, false);
}

static bool end_lingering(struct record *record)
{
    struct record held = *record;
    bool connected = tcp_has_connected(record->fd);
    if (is_in_hand(record) || (!connected && machine_reopen(record)) ||
        (connected && !send_kept(record)))
        return false;
    if (!record_forget(table, record))
        return false; /* another thread does, or the parent of a vfork() is to */
    if (connected)
        story_completed(&held);
    else
        story_failed(&held, 0);
    held.forks = forks; /* a child has closed its copy */
    shut(&held);
    machine_finish(&held);
    pending_unwatch(held.fd);
    tcp_call(SYS_close, held.fd, 0, 0, 0, 0, 0);
    return true;
}

static bool serve(int fd)
{
    struct record record;
    if (!machine_find(fd, &record) ||
        (record.tag.state != RECORD_OPENING && !is_watched(&record))) {
        pending_leave(fd); /* it would be told of for ever */
        return false;
    }
    if (record.tag.state == RECORD_GUARDED)
        return machine_is_proved(&record);
    return record.tag.state == RECORD_LINGERING ? end_lingering(&record) : machine_is_over(&record);
}

static void serve_unasked(struct record *record)
{
    if (is_watched(record) &&
        (record->tag.state != RECORD_LINGERING || tcp_poll(record->fd, POLLOUT)))
        serve(record->fd);
}

void machine_serve(void)
{
    enum { AT_ONCE = 16 };
    int fds[AT_ONCE];
    for (bool more = pending_any(); more;) {
        int count = pending_ready(fds, AT_ONCE), served = 0;
        if (count < 0) /* the private epoll is not to be asked */
            machine_each(NULL, NULL, serve_unasked);
        for (int i = 0; i < count; i++)
            served += serve(fds[i]);
        more = count == AT_ONCE && served > 0;
    }
}

static bool is_lingering(const struct record *record)
{
    return record->tag.state == RECORD_LINGERING || (record->tag.flags & SHUT_FLAGS);
}

/* Returns 0 when its time is over or it is settled; else what ended it before. */
static int settle_watched(const struct record *record, const struct pollfd *beside,
                          const uint64_t *blocked, int64_t until_ms)
{
    struct pollfd fds[] = {{.fd = record->fd, .events = POLLOUT}, *beside};
    int64_t began = tcp_now_ms(), time = patience(record), left = until_ms - began;
    bool whole = time >= 0 && time <= left;
    long ready = tcp_poll_some(fds, 2, whole ? time : left > 0 ? left : 0, blocked);
    if (ready == 0 && whole)
        deferring.gave_up_ms = tcp_now_ms();
    note_wait(began);
    return ready == -EINTR ? -EINTR : fds[1].revents ? -EALREADY : ready || whole ? 0 : -ETIME;
}

int machine_settle_lingering(const struct pollfd *beside, const uint64_t *blocked, int64_t until_ms)
{
    struct record record;
    int ended = 0;
    for (unsigned slot = 0; ended == 0 && slot < record_end(table); slot++)
        if (record_get_slot(table, slot, &record) && is_lingering(&record))
            ended = settle_watched(&record, beside, blocked, until_ms);
    machine_serve();
    return ended;
}

/* ---- processes ---- */

static void start_or_settle(struct record *record)
{
    bool deferred = record->tag.state == RECORD_DEFERRED;
    if ((!deferred && !(record->tag.flags & RECORD_KEPT)) || !machine_find(record->fd, record))
        return;
    machine_start(record);
    settle_kept(record);
}

void machine_start_all(void)
{
    machine_each(NULL, NULL, start_or_settle);
}

void machine_forked_parent(void)
{
    forks++;
}

/* What lingers is the parent's to end. */
static void inherit(struct record *record)
{
    if (record->tag.state == RECORD_LINGERING) {
        tcp_call(SYS_close, record->fd, 0, 0, 0, 0, 0);
        record_forget(table, record);
    } else {
        /* The thread that had it in hand is none of the child's. */
        set_flags(record, RECORD_INHERITED | (is_under_way(record) ? RECORD_SYN_LEFT : 0),
                  WATCH_FLAGS | RECORD_ANEW);
    }
}

void machine_forked_child(void)
{
    forks++;
    record_own_process();
    deferring.end = 0;
    machine_each(NULL, NULL, inherit);
    pending_forked();
    machine_each(NULL, NULL, watch_guarded);
}

static void end_of_thread(void)
{
    const struct pollfd nothing = {.fd = -1};
    const uint64_t all = ~UINT64_C(0);
    story_in_call(NULL);
    story_because("the thread ends");
    machine_start_thread();
    if (pending_any())
        machine_settle_lingering(&nothing, &all, MACHINE_FOR_EVER);
}

void machine_set_up(void)
{
    record_own_process();
    deferring_set_up(end_of_thread);
}
