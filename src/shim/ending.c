/* SPDX-License-Identifier: MIT */
/* Before all others: it decides which names the C library's headers give. */
#include "shim/next.h"

#include "shim/ending.h"

#include "kernel/tcp.h"
#include "shim/handed.h"
#include "shim/machine.h"
#include "shim/note.h"
#include "shim/own.h"
#include "shim/pending.h"
#include "shim/story.h"

#include <errno.h>
#include <limits.h>

/* The handshake is under way, and the plain program's connection would have stood by now. What a
 * connect that blocked would have waited for is waited for here; another lingers. */
static void end_opening(struct record *record)
{
    bool blocking = record->tag.flags & RECORD_BLOCKING;
    story_lesson(record, MEMORY_NEVER_READS);
    if (!blocking && (machine_is_shared(record) || tcp_time_to_linger(record->fd) <= 0) &&
        machine_linger(record))
        return;
    if (blocking)
        machine_settle(record);
    else
        machine_settle_within(record, MACHINE_END_MS);
    machine_finish_for_close(record);
}

/* The record goes before the descriptor does: its number can be reused the instant close() returns.
 */
static void end(struct record *record)
{
    if (!tcp_is_socket(record->fd, record->socket_cookie)) {
        machine_forget(record);
        return;
    }
    machine_tell_in_time(record);
    bool told = record_told_connected(record);
    machine_leave(record);
    if (!machine_is_to_end(record))
        told = false; /* its parent waits */
    story_because("it is closed or shut down without a write");
    if (record->tag.state == RECORD_DEFERRED && told)
        machine_start(record);
    if (!machine_is_over(record) && record->tag.state == RECORD_OPENING && told) {
        end_opening(record);
    } else if (record->tag.state == RECORD_STANDING) {
        if (!(record->tag.flags & RECORD_STREAM)) /* whose reads no hook sees */
            story_lesson(record, MEMORY_NEVER_READS);
        machine_finish_early(record);
    }
    machine_forget(record);
}

/* What waits of event loops serve is served by them. */
bool ending_close(int fd)
{
    struct record record;
    if (machine_is_ours(fd))
        return false;
    own_remove(fd);
    handed_closing(fd);
    note_close(fd);
    if (machine_knows(fd) && record_is_own_process() &&
        record_get(&record_connections, fd, &record))
        end(&record);
    return true;
}

bool ending_shutdown(int fd, int how)
{
    struct record record;
    machine_serve();
    if ((unsigned)how > SHUT_RDWR || !machine_find(fd, &record) || !record_is_pending(&record))
        return false;
    machine_tell_in_time(&record);
    if (!record_told_connected(&record))
        return false;
    story_because("it is closed or shut down without a write");
    if (machine_before(&record, CALL_ENDS) || record.tag.state != RECORD_OPENING)
        return false;
    if (machine_is_over(&record) || !record_is_own_process())
        return false;
    if (machine_shut_later(&record, how))
        return true;
    machine_settle_within(&record, MACHINE_END_MS);
    return false;
}

static bool in_range(const struct record *record, const void *context)
{
    const unsigned *range = context;
    return record->tag.state != RECORD_LINGERING && (unsigned)record->fd >= range[0] &&
           (unsigned)record->fd <= range[1];
}

void ending_range(unsigned first, unsigned last)
{
    const unsigned range[2] = {first, last};
    if (!record_is_own_process())
        return;
    machine_each(in_range, range, end);
    handed_closing_range(first, last);
    note_close_range(first, last);
}

/* ---- the end of the process ---- */

/* All SYNs leave before any is waited for. */
static void start(struct record *record)
{
    machine_tell_in_time(record);
    if (record->tag.state == RECORD_DEFERRED && record_told_connected(record) &&
        machine_find(record->fd, record))
        machine_start(record);
}

static bool is_under_way(const struct record *record)
{
    return record->tag.state == RECORD_OPENING && record_told_connected(record) &&
           machine_is_to_end(record);
}

static void before_wait(struct record *record)
{
    if (is_under_way(record) && machine_find(record->fd, record))
        machine_is_over(record);
}

/* Waits for the handshake; true: it was under way, and the connection is still the program's. */
static bool settled(struct record *record)
{
    if (record->tag.state == RECORD_LINGERING) {
        int64_t left = record->syn_left_ms + MACHINE_END_MS - tcp_now_ms();
        if (tcp_wait(record->fd, POLLOUT, left > 0 ? (int)left : 0) &&
            !tcp_has_connected(record->fd) && machine_reopen(record))
            tcp_wait(record->fd, POLLOUT, MACHINE_END_MS);
        return false;
    }
    if (!is_under_way(record) || !machine_find(record->fd, record))
        return false;
    machine_settle_within(record, MACHINE_END_MS);
    return true;
}

static void settle_for_image(struct record *record)
{
    (void)settled(record);
}

static void settle_for_end(struct record *record)
{
    if (record->tag.state == RECORD_CONTACT && machine_find(record->fd, record))
        machine_is_over(record);
    if (!settled(record))
        return;
    machine_leave(record);
    story_lesson(record, MEMORY_NEVER_READS);
    if (record->tag.state == RECORD_OPENING) /* the next connect is to be a true one */
        machine_refused(record, ETIMEDOUT);
    else
        machine_finish(record);
}

/* Of so many descriptors: this may be the end of a signal handler's small stack. */
#define STREAMS_MOST 1024

static bool waits(const struct record *record, const void *context)
{
    (void)context;
    return record->tag.state == RECORD_LINGERING || is_under_way(record);
}

static void finish_early(struct record *record)
{
    if (record->tag.state != RECORD_STANDING || !machine_find(record->fd, record))
        return;
    machine_leave(record);
    machine_finish_early(record);
}

static void settle_all(void)
{
    uint8_t ended[STREAMS_MOST / 8] = {0};
    story_because("the process exits");
    machine_each(NULL, NULL, start);
    machine_each(NULL, NULL, before_wait);
    int most = machine_any(waits, NULL) ? handed_descriptors() : 0;
    for (int fd = 0; fd < most && fd < STREAMS_MOST; fd++)
        if (machine_end_stream(fd))
            ended[fd / 8] |= (uint8_t)(1 << fd % 8);
    machine_each(NULL, NULL, settle_for_end);
    for (int fd = 0; fd < most && fd < STREAMS_MOST; fd++)
        if (ended[fd / 8] & 1 << fd % 8)
            tcp_read_away(fd);
    if (most == 0) /* else the early ones have ended before the wait */
        machine_each(NULL, NULL, finish_early);
    machine_serve();
}

/* Of most connections no record tells any more. What made the process late was before: the end of
 * the others' streams does not wait for what is settled now. Where there is nothing to do, nothing
 * of the thread is touched: sandboxes (Chromium's) end children that share its memory and have no
 * thread-local variables. */
void ending_process(void)
{
    bool late = machine_is_late();
    handed_end();
    if ((machine_idle() && !late) || !record_is_own_process())
        return;
    for (int fd = 0, end = late ? handed_descriptors() : 0; fd < end; fd++)
        machine_finish_late(fd);
    if (!machine_idle())
        settle_all();
}

void ending_image(void)
{
    handed_end();
    if (machine_idle() || !record_is_own_process())
        return;
    story_because("the process executes another program");
    machine_each(NULL, NULL, start);
    machine_each(NULL, NULL, settle_for_image);
    machine_serve();
}

void ending_knowledge(void)
{
    ending_image();
    machine_each(NULL, NULL, machine_forget);
    note_close_range(0, UINT_MAX);
}
