/* SPDX-License-Identifier: MIT */
/* Before all others: it decides which names the C library's headers give. */
#include "shim/next.h"

#include "shim/readiness.h"

#include "kernel/tcp.h"
#include "shim/guard.h"
#include "shim/machine.h"
#include "shim/note.h"
#include "shim/own.h"
#include "shim/program_memory.h"
#include "shim/shim.h"
#include "shim/single_threaded.h"
#include "shim/story.h"
#include "shim/waiting.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/syscall.h>

/* ---- what the wait is about ---- */

typedef void visit(int fd, short events, int64_t timeout);

/* An epoll does not say what it holds: what was noted of its registrations is asked. */
static bool may_be_in(const struct record *record, const void *context)
{
    const struct wait *wait = context;
    return record->epoll == wait->epoll.epoll || record->epoll < 0 ||
           (record->tag.flags & RECORD_ANY_EPOLL);
}

/* `bits`: what the sets, or the events, ask for; or, of an answer, what they say. */
static void visit_all(const struct wait *wait, bool answer, int64_t timeout, visit *visitor)
{
    if (wait->kind == POLL && /* the kernel has written its answer there */
        (answer ||
         program_memory_readable(wait->poll.fds, wait->poll.count * sizeof *wait->poll.fds)))
        for (nfds_t i = 0; i < wait->poll.count; i++)
            visitor(wait->poll.fds[i].fd,
                    answer ? wait->poll.fds[i].revents : wait->poll.fds[i].events, timeout);
    if (wait->kind != SELECT || !wait_sets_readable(wait))
        return;
    for (int fd = 0; fd < wait->select.count; fd++) {
        short events = 0;
        for (int i = 0; i < 2; i++)
            if (wait->select.given[i] && wait_set_has(wait->select.given[i], fd))
                events |= i ? POLLOUT : POLLIN;
        if (events)
            visitor(fd, events, timeout);
    }
}

/* A wait concerns no other, and most find none. */
static bool is_to_prepare(const struct record *record, const void *context)
{
    (void)context;
    return (record->tag.state == RECORD_DEFERRED && record->owner != deferring_thread()) ||
           (record->tag.state == RECORD_OPENING &&
            ((record->tag.flags & RECORD_BLOCKING) || !(record->tag.flags & RECORD_SYN_LEFT)));
}

/* A deferral is the secret of one thread: another that waits for the socket is to see it connect.
 * And a connect that blocked, and said that it has connected, is not to be waited for in the
 * program's time. */
static void prepare(struct record *record, short events, int64_t timeout)
{
    if (!is_to_prepare(record, NULL) || !machine_find(record->fd, record))
        return;
    if (record->tag.state == RECORD_DEFERRED && record->owner != deferring_thread()) {
        story_because("another thread waits for it");
        machine_start(record);
    }
    if (record->tag.state == RECORD_OPENING && (record->tag.flags & RECORD_BLOCKING) &&
        (timeout > 0 || (events & POLLOUT)))
        machine_settle(record);
}

static void prepare_epoll(struct record *record)
{
    prepare(record, record->epoll_events & EPOLLOUT ? POLLOUT : 0, 0);
}

static void prepare_timed_epoll(struct record *record)
{
    prepare(record, 0, 1);
}

static void prepare_watched(const struct wait *wait, int64_t timeout)
{
    machine_each(may_be_in, wait, timeout > 0 ? prepare_timed_epoll : prepare_epoll);
}

/* An epoll in a poll is waited for as it would be by itself. */
static void prepare_fd(int fd, short events, int64_t timeout)
{
    struct record record;
    if (pending_is_epoll(fd))
        prepare_watched(&(struct wait){.kind = EPOLL, .epoll.epoll = fd}, timeout);
    else if (machine_look(fd, &record))
        prepare(&record, events, timeout);
}

static void prepare_all(const struct wait *wait, int64_t timeout)
{
    if (!machine_any(is_to_prepare, NULL))
        return;
    if (wait->kind != EPOLL)
        visit_all(wait, false, timeout, prepare_fd);
    else
        prepare_watched(wait, timeout);
}

/* ---- what the answer has told ---- */

/* Told so for ever without a write, it is started. */
static void tell(struct record *record)
{
    machine_tell(record);
    if (machine_survive(record, false) && machine_find(record->fd, record)) {
        story_because("it was reported as writable many times and not written to");
        machine_start(record);
    }
}

/* What is ready in an epoll that is only polled nobody says: what may be, is. */
static bool tell_polled_epoll(struct record *record, const void *epoll)
{
    if (record->epoll == *(const int *)epoll && (record->epoll_events & EPOLLOUT))
        tell(record);
    return record->tag.state == RECORD_DEFERRED;
}

static void tell_fd(int fd, short events, int64_t timeout)
{
    struct record record;
    (void)timeout;
    if ((events & POLLIN) && pending_is_epoll(fd) && deferring_any())
        machine_each_deferred(tell_polled_epoll, &fd);
    else if ((events & POLLOUT) && !(events & (POLLERR | POLLHUP)) && machine_look(fd, &record) &&
             record_is_pending(&record))
        tell(&record);
}

struct answer {
    const struct wait *wait;
    int ready;
};

static bool tell_watched(struct record *record, const void *context)
{
    const struct answer *answer = context;
    const struct wait *wait = answer->wait;
    bool exact = record->epoll == wait->epoll.epoll && !(record->tag.flags & RECORD_ANY_EPOLL);
    for (int i = 0; i < answer->ready; i++)
        if ((wait->epoll.events[i].events & EPOLLOUT) &&
            (!exact || wait->epoll.events[i].data.u64 == record->epoll_data)) {
            tell(record);
            break;
        }
    return record->tag.state == RECORD_DEFERRED;
}

static int told(const struct wait *wait, int ready)
{
    int saved = errno;
    if (ready > 0 && wait->kind != EPOLL)
        visit_all(wait, true, 0, tell_fd);
    if (ready > 0 && wait->kind == EPOLL && deferring_any())
        machine_each_deferred(tell_watched, &(struct answer){wait, ready});
    errno = saved;
    return ready;
}

static bool stays_writable(int fd)
{
    struct record record;
    return machine_look(fd, &record) && machine_keeps_writable(&record) &&
           machine_find(fd, &record) && machine_keeps_writable(&record);
}

/* Who has been told "writable" may ask a call that does not wait for confirmation, and give up a
 * connection that has it not (Java does). Nor is "nothing in all that time" what a connected socket
 * would have said. */
static int answer(const struct wait *wait, int ready)
{
    if (ready != 0 || wait->kind == EPOLL)
        return ready;
    return wait_answer(wait, stays_writable);
}

/* ---- the wait ---- */

/* So long after its connect a request may follow on a connection that nothing is asked of, and at
 * most a quarter of its round trip. */
#define REQUEST_FOLLOWS_MS 10

/* Until when its SYN may wait for the request, as CLOCK_MONOTONIC has it, in milliseconds. A
 * browser connects before it has a request, takes the socket out of its epoll when it is told that
 * it is connected, and has the request some milliseconds later. 0: its program waits for something
 * on it, or may. */
static int64_t request_follows_until(const struct record *record)
{
    int64_t quarter_ms = record->round_trip_us / 4000;
    if (!record_told_connected(record) || record->epoll < 0 || record->epoll_events != 0 ||
        (record->tag.flags & (RECORD_BLOCKING | RECORD_ANY_EPOLL)))
        return 0;
    return record->syn_left_ms +
           (quarter_ms < REQUEST_FOLLOWS_MS ? quarter_ms : REQUEST_FOLLOWS_MS);
}

static bool find_earliest(struct record *record, const void *context)
{
    int64_t *const *earliest = context;
    int64_t until = request_follows_until(record);
    if (until < **earliest)
        **earliest = until;
    return true;
}

/* For how many nanoseconds the requests of all that this thread has deferred may be waited for. */
static int64_t time_for_requests(const struct wait *wait)
{
    int64_t earliest = INT64_MAX;
    if (wait->kind != EPOLL || pending_any())
        return 0;
    machine_each_deferred(find_earliest, &(int64_t *){&earliest});
    int64_t left_ms = earliest == INT64_MAX ? 0 : earliest - tcp_now_ms();
    return left_ms > 0 ? left_ms * 1000000 : 0;
}

/* Asks first, with no time to wait: a loop that is about to be told "writable" writes next. What
 * time has been waited is gone from `timeout`. True: there is an answer. */
static bool ask(const struct wait *wait, int64_t *timeout, int *ready)
{
    waiting_looked();
    if (!deferring_any())
        return false;
    bool asks = wait->kind != SELECT || wait_sets_readable(wait);
    if (asks && (*ready = wait_ask(wait, 0, wait->mask)) != 0)
        return true;
    int64_t time = time_for_requests(wait);
    bool is_all = *timeout >= 0 && *timeout <= time;
    if (time > 0 &&
        ((*ready = wait_ask(wait, is_all ? *timeout : time, wait->mask)) != 0 || is_all))
        return true;
    if (*timeout > 0)
        *timeout -= time;
    story_because("the thread waits, and nothing is ready");
    machine_start_thread();
    return false;
}

static int run_prepared(const struct wait *wait, int64_t timeout)
{
    int ready, saved = errno;
    machine_serve();
    prepare_all(wait, timeout);
    errno = saved;
    if (timeout == 0)
        waiting_looked();
    else if (deferring_any()) {
        if (ask(wait, &timeout, &ready))
            return told(wait, ready);
        prepare_all(wait, timeout); /* what that has started */
    }
    if (timeout != 0 && pending_any() && wait_is_shareable(wait)) {
        ready = wait_share(wait, timeout);
        if (ready >= 0 || errno == EINTR)
            return told(wait, answer(wait, ready));
        machine_each(NULL, NULL, guard_settle); /* nobody would show its bytes */
    }
    if (timeout != 0 && !waiting_before_block(WAIT_ENDS))
        return -1;
    errno = saved;
    return told(wait, answer(wait, wait_ask(wait, timeout, wait->mask)));
}

/* Where it is refused, the program's own call follows, of which nothing is known: what it would be
 * told of a deferral. */
static int run(const struct wait *wait, int64_t timeout)
{
    int ready = run_prepared(wait, timeout);
    if (ready < 0 && errno != EINTR && deferring_any()) {
        story_because("the wait failed");
        machine_start_thread();
    }
    return ready;
}

int readiness_poll(ppoll_fn *next, struct pollfd *fds, nfds_t count, int64_t timeout,
                   const sigset_t *mask)
{
    const struct wait wait = {.kind = POLL, .next.ppoll = next, .mask = mask, .poll = {fds, count}};
    return run(&wait, timeout);
}

int readiness_select(pselect_fn *next, int count, fd_set *sets[3], int64_t timeout,
                     const sigset_t *mask)
{
    const struct wait wait = {
        .kind = SELECT, .next.pselect = next, .mask = mask, .select = {sets, count}};
    return run(&wait, timeout);
}

int readiness_epoll(epoll_pwait_fn *next, int epoll, struct epoll_event *events, int most,
                    int64_t timeout, const sigset_t *mask)
{
    const struct wait wait = {
        .kind = EPOLL, .next.epoll_pwait = next, .mask = mask, .epoll = {events, epoll, most}};
    return run(&wait, timeout);
}

static void start_watched(struct record *record)
{
    story_because("another thread may wait for it");
    if (machine_find(record->fd, record))
        machine_start(record);
}

/* Registering interest is no wait. But a registration made before the connect is told of changes
 * only, and to the kernel a deferral is none; a socket that the shim has deferred looks dead; and
 * where only reading is waited for, it may be by another thread that waits already. */
void readiness_watching(int epoll, int operation, int fd)
{
    struct record record;
    if (operation == EPOLL_CTL_DEL || !machine_look(fd, &record))
        return;
    if (record.tag.state == RECORD_GUARDED && machine_find(fd, &record))
        pending_nest(epoll);
    else if (record.tag.state == RECORD_DEFERRED && (record.tag.flags & RECORD_BY_SHIM))
        start_watched(&record);
}

/* The kernel has taken the event: it can be read. */
void readiness_watched(int epoll, int operation, int fd, const struct epoll_event *event)
{
    struct record record;
    if (!shim.active)
        return;
    if (operation == EPOLL_CTL_DEL) {
        if (machine_look(fd, &record) && record.tag.state == RECORD_DEFERRED)
            machine_watched_no_more(&record, epoll);
        return;
    }
    if (machine_look(fd, &record) && record.tag.state != RECORD_GUARDED) {
        machine_watched(&record, epoll, event);
        if (record.tag.state == RECORD_DEFERRED && !(event->events & EPOLLOUT) &&
            !single_threaded())
            start_watched(&record);
    } else if ((event->events & EPOLLET) && own_has(fd) && tcp_state(fd) == TCP_CLOSE &&
               !note_edge(fd, epoll, event)) {
        own_remove(fd); /* its deferral could not be told: it is connected truly */
    }
}

void readiness_registered_before(int fd)
{
    struct epoll_event event;
    int epoll = note_taken_edge(fd, &event);
    if (epoll >= 0)
        tcp_call(SYS_epoll_ctl, epoll, EPOLL_CTL_MOD, fd, (long)&event, 0, 0);
}
