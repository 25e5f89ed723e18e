/* SPDX-License-Identifier: MIT */
/*
 * The state machine of a deferred connection (docs/how-it-works.md):
 *
 *     unknown --connect()--> DEFERRED --first write--> OPENING --handshake--> STANDING --> unknown
 *                               |                        ^  \
 *                               +--- start (bare SYN) ---+   +--close, shutdown--> LINGERING
 *
 * The verbs: defer, open (the first write, its bytes in the SYN), start (a bare SYN), settle (wait
 * for the handshake), linger (hold a duplicate of what the program has closed), share, forget. When
 * in doubt, start.
 *
 * Only this file changes a connection's record. A record knows what the program has been *told*:
 * that its connect is in progress, or that it is connected; and from that follows what a call needs
 * before it is made, by its kind and not by its name (machine_before()). All of it may run in a
 * signal handler; none of it allocates or locks.
 */
#ifndef TFOSHIM_SHIM_MACHINE_H
#define TFOSHIM_SHIM_MACHINE_H

#include "contract.h"
#include "shim/record.h"

#include <poll.h>
#include <stddef.h>
#include <sys/epoll.h>
#include <sys/socket.h>

/* How long the end of a process waits for handshakes, from their SYN, in milliseconds. Four SYNs
 * leave in that time (at 0, 1, 3 and 7 s). */
#define MACHINE_END_MS 10000

/* Is there any record at all? What a hook asks first. */
static inline bool machine_idle(void)
{
    return __builtin_expect(
        atomic_load_explicit(&record_connections.live, memory_order_relaxed) == 0, 1);
}

/* Is there a record of this descriptor? To be checked by machine_find(). */
static inline bool machine_knows(int fd)
{
    return record_present(&record_connections, fd);
}

/* Finds the record of `fd` if it is still about this socket. A stale one is struck out. While
 * another thread is about to send its SYN, this waits: the answer may come before the record says
 * that it has left, and with what. */
bool machine_find(int fd, struct record *) NONNULL;

/* The same without asking: for what a hook only wants to know whether it has anything to do, or to
 * note what the kernel has told. What it does to the socket, or to the program's call, it does
 * after machine_find(). */
static inline bool machine_look(int fd, struct record *record)
{
    return record_get(&record_connections, fd, record);
}

/* Is the handshake of this record, or the true connect, still to come to its end? */
static inline bool record_is_pending(const struct record *record)
{
    return record->tag.state == RECORD_DEFERRED || record->tag.state == RECORD_OPENING ||
           record->tag.state == RECORD_FAILED;
}

static inline socklen_t record_address_length(const struct record *record)
{
    return record->address.any.sa_family == AF_INET6 ? sizeof record->address.in6
                                                     : sizeof record->address.in;
}

static inline bool record_told_connected(const struct record *record)
{
    return (record->tag.flags & RECORD_TOLD_CONNECTED) != 0;
}

/* connect() itself has said that it has succeeded: from then on it says EISCONN. */
static inline bool record_told_by_connect(const struct record *record)
{
    return (record->tag.flags & (RECORD_BLOCKING | RECORD_ASKED)) != 0;
}

/* ---- verbs ---- */

/* unknown -> DEFERRED. False: there is no room for a record, and the connect is to be a true one.
 */
bool machine_defer(struct record *) NONNULL MUST_USE;

/* unknown -> CONTACT, or REHEARSED: a true connect whose end, or whose first call, is of interest.
 */
void machine_follow(struct record *, enum record_state) NONNULL;

/* DEFERRED -> OPENING, or FAILED: sends the bare SYN. */
void machine_start(struct record *) NONNULL;

/* Everything that this thread has deferred. errno is kept. */
void machine_start_thread(void);

/* Everything that the process has deferred, and what is kept is settled: before somebody else gets
 * the sockets whom no hook sees. */
void machine_start_all(void);

/* Walks what this thread has deferred; `step` says of each whether it still is. Returns whether any
 * is. */
typedef bool machine_step(struct record *, const void *context);
bool machine_each_deferred(machine_step *step, const void *context);

/* DEFERRED -> OPENING: the first write, of `total` bytes, that is known to fit. True: the call is
 * done, `*result` and errno are set. False: the SYN has left without these bytes, or is about to
 * leave by another thread's call, and the record says so. */
bool machine_open(struct record *, const struct msghdr *, size_t total, int flags,
                  ssize_t *result) NONNULL MUST_USE;

/* OPENING -> STANDING, or FAILED: waits for the handshake as long as the plain program's connect()
 * had waited, or, where that did not block, within the budget that a thread has for all of them. */
void machine_settle(struct record *) NONNULL;

/* Waits `milliseconds` from its SYN at most, whatever the program has been told. */
void machine_settle_within(struct record *, int milliseconds) NONNULL;

/* OPENING -> LINGERING: a duplicate keeps the connection when the program's descriptor goes. False:
 * none can be had. */
bool machine_linger(struct record *) NONNULL;

/* shutdown(fd, how), to be carried out when the handshake is over; false: it cannot wait. */
bool machine_shut_later(struct record *, int how) NONNULL MUST_USE;

/* The socket has become known by `fd` as well; by the same descriptor to others, of whom no record
 * will tell when they are done with it. */
void machine_share(struct record *, int fd) NONNULL;

/* A stream of the C library may use the socket from now on, where no hook sees it. */
void machine_stream(struct record *) NONNULL;

/* The descriptor is about to be closed: others that the process has of its socket are one fewer. */
void machine_leave(struct record *) NONNULL;

/* Have others the socket, or may they? */
bool machine_is_shared(const struct record *) NONNULL;

/* -> unknown. */
void machine_forget(struct record *) NONNULL;

/* ---- what a call needs ---- */

/* Kinds of calls on a connection whose handshake is not over. */
enum machine_call {
    CALL_WAITS, /* for the peer, without a time limit: needs nothing but the SYN */
    CALL_MOVES, /* bytes, now or in its own time: writes that do not go into the SYN, timed reads */
    CALL_LOOKS, /* an established connection answers at once, and otherwise: options */
    CALL_ENDS,  /* the descriptor goes, or is handed on */
};

/* Does what such a call needs on this connection: starts it, settles it. Returns 0, or the errno
 * that the call is to fail with; what only looks, or ends it, leaves it to the next call. */
int machine_before(struct record *, enum machine_call) NONNULL;

/* ---- what was learned of it ---- */

/* The program has been told that it is connected. */
void machine_tell(struct record *) NONNULL;

/* The same where nobody has told it, but a round trip has passed since its connect(): it ends as
 * what it would be by now. */
void machine_tell_in_time(struct record *) NONNULL;

/* Its own address. */
void machine_named(struct record *) NONNULL;

/* It asks by another connect(): whoever was told that it is in progress hears once that it has
 * succeeded. True: it has heard so before. */
bool machine_asked(struct record *) NONNULL;

/* It has been told that it is connected, its handshake is under way, and a write would yet be
 * waited for: an established connection is writable. */
bool machine_keeps_writable(const struct record *) NONNULL;

/* A wait has told that it is writable, or a read that there is nothing, and has left it deferred;
 * true: once too often. */
bool machine_survive(struct record *, bool read) NONNULL;

/* Whoever gets the socket asks the kernel alone: makes it say EISCONN to another connect(), where
 * it would say once that this one has succeeded. */
void machine_confirm(const struct record *) NONNULL;

/* It is registered with this epoll, for these events. */
void machine_watched(struct record *, int epoll, const struct epoll_event *);

/* It has been taken out of it. */
void machine_watched_no_more(struct record *, int epoll);

/* OPENING, or LINGERING, and the kernel says that it has failed: where its SYN carried data, on a
 * path on which none is known to have come through, it is connected once more without, and the data
 * follows. False: that would not help. */
bool machine_reopen(struct record *) NONNULL MUST_USE;

/* Is the handshake over? Asks the kernel, and takes the record on where it is. */
bool machine_is_over(struct record *) NONNULL;

/* Bytes have moved, or the kernel has said so: the handshake is over. */
void machine_established(struct record *, bool has_read) NONNULL;

/* Does this errno say that there is no connection to be had at the address? */
bool machine_is_refusal(int error);

/* A call has failed with that, or would have. */
void machine_refused(struct record *, int error) NONNULL;

/* What the program is to hear for this errno: a connected socket is not refused. */
int machine_error(const struct record *, int error) NONNULL;

/* FAILED -> unknown: why, as the program is to hear it; 0 where it has not failed. */
int machine_take_error(struct record *) NONNULL;

/* ---- guard ---- */

/* unknown -> GUARDED: an accepted connection, of whose SYN's bytes, so many, nothing is to be read
 * before its client is proved. False: there is no room, or nothing to wait with. */
bool machine_guard(struct record *, int brought) NONNULL MUST_USE;

/* From now on accepted connections may be guarded: no event loop's wait takes its shortest way any
 * more, for it may be for what another thread accepts. */
void machine_expect_guarded(void);
bool machine_expects_guarded(void);

/* GUARDED -> unknown, or FAILED, where the handshake is over; false: it is not yet. */
bool machine_is_proved(struct record *) NONNULL;

/* GUARDED: the program's own SO_RCVLOWAT, for later. */
void machine_set_least_to_read(struct record *, int least) NONNULL;

/* ---- endings ---- */

/* Carries out what lingers, where the handshake is over, without waiting. */
void machine_serve(void);

/* In CLOCK_MONOTONIC, but a wait until then can be reckoned with. */
#define MACHINE_FOR_EVER (INT64_MAX / 2)

/* Before a wait that no hook can share: what lingers is settled, together, within the budget.
 * Returns 0, or why it has ended before: -EALREADY, `beside` is ready; -EINTR, a signal has been
 * handled that is not among the `blocked` ones; -ETIME, the time is over. */
int machine_settle_lingering(const struct pollfd *beside, const uint64_t *blocked,
                             int64_t until_ms) NONNULL;

/* Is its end this process's matter? What a child has inherited is so where it has shut it down. */
bool machine_is_to_end(const struct record *) NONNULL;

/* The end of a connection whose handshake has been settled for that: what came in is read away, so
 * that the peer hears the end of the stream and not a reset. The descriptor stays open. */
void machine_finish(struct record *) NONNULL;

/* The same in a close(), which SO_LINGER may make wait until the peer has acknowledged the end. */
void machine_finish_for_close(struct record *) NONNULL;

/* STANDING: the latter, if its end comes before the plain program's could have found anything. */
void machine_finish_early(struct record *) NONNULL;

/* The process ends, and waits before: the end of this socket's stream, whosever it is, is said now,
 * as the plain program says it. True: what comes in until then is to be read away, for a socket
 * that is closed with unread bytes is reset. */
bool machine_end_stream(int fd);

/* Was a thread made to wait lately where a plain program is not, or was before? What the program
 * does next, it does later than the plain one. */
bool machine_is_late(void);

/* The process ends, and maybe late: an answer that would not have been there yet makes no reset of
 * the end of this socket, whosever it is. */
void machine_finish_late(int fd);

/* Is this descriptor the shim's own? */
bool machine_is_ours(int fd);

/* The program wants this number, which is the shim's, for itself: what it stands for moves on. */
void machine_give_way(int fd);

/* For every record that `wanted` says; NULL: for all. */
typedef bool machine_wanted(const struct record *, const void *context);
typedef void machine_action(struct record *);
void machine_each(machine_wanted *wanted, const void *context, machine_action *action);

/* Is there one? */
bool machine_any(machine_wanted *wanted, const void *context);

/* Once, at start-up; after fork(), in both. */
void machine_set_up(void);
void machine_forked_parent(void);
void machine_forked_child(void);

#endif
