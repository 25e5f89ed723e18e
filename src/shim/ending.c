/* SPDX-License-Identifier: MIT */
/*
 * Endings: a descriptor, or the process, goes away while a connection is deferred or its handshake
 * is under way. Closing a socket in SYN_SENT kills the connection and what it carries; a plain
 * program would have been through the handshake before its connect() returned.
 */
#include "kernel/tcp.h"
#include "shim/connection.h"
#include "shim/contact.h"
#include "shim/note.h"
#include "shim/program_memory.h"
#include "shim/verbs.h"

#include <string.h>

/* Would the plain program's connection have stood by now, seen by the server, and been lost? Where
 * the program was still waiting for its connect, closing aborts it with the shim as without. */
static bool would_stand(const struct record *record)
{
    return (record->tag.flags & (RECORD_BELIEVED | RECORD_SYN_DATA)) != 0;
}

void connection_before_shutdown(int fd)
{
    struct record record;
    if (verb_find(fd, &record) && would_stand(&record))
        connection_settle(fd);
}

/* The record goes before the descriptor does: its number can be reused the instant close() returns.
 */
static void end(struct record *record)
{
    if (record->tag.state == RECORD_CONTACT && tcp_has_connected(record->fd))
        contact_completed(record);
    else if (record->tag.state != RECORD_CONTACT && would_stand(record))
        connection_settle(record->fd);
    record_forget(&record_connections, record);
}

typedef bool wanted_record(const struct record *, const void *context);

static void end_all(struct record_table *table, void (*ending)(struct record *),
                    wanted_record *wanted, const void *context)
{
    struct record record;
    if (atomic_load_explicit(&table->live, memory_order_relaxed) == 0)
        return;
    for (unsigned slot = 0; slot < table->size; slot++)
        if (record_get_slot(table, slot, &record) && wanted(&record, context))
            ending(&record);
}

static void forget_note(struct record *note)
{
    record_forget(&record_notes, note);
}

void connection_before_close(int fd)
{
    struct record record;
    if (record_present(&record_connections, fd) && record_is_own_process() &&
        record_get(&record_connections, fd, &record))
        end(&record);
    if (record_present(&record_notes, fd) && record_is_own_process() &&
        record_get(&record_notes, fd, &record))
        record_forget(&record_notes, &record);
}

void connection_before_sharing(int fd)
{
    struct record record;
    if (!verb_find(fd, &record))
        return;
    connection_settle(fd);
    record_forget(&record_connections, &record);
}

static void share_rights(const struct cmsghdr *header)
{
    const unsigned char *data = CMSG_DATA(header);
    size_t count = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (size_t i = 0; i < count; i++) {
        int fd;
        memcpy(&fd, data + i * sizeof fd, sizeof fd);
        connection_before_sharing(fd);
    }
}

void connection_before_passing(const struct msghdr *message)
{
    struct msghdr copy;
    if (!program_memory_readable(message, sizeof copy))
        return;
    copy = *message;
    if (!copy.msg_control || !program_memory_readable(copy.msg_control, copy.msg_controllen))
        return;
    for (struct cmsghdr *header = CMSG_FIRSTHDR(&copy); header; header = CMSG_NXTHDR(&copy, header))
        if (header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_RIGHTS &&
            header->cmsg_len >= CMSG_LEN(0))
            share_rights(header);
}

static bool in_range(const struct record *record, const void *context)
{
    const unsigned *range = context;
    return (unsigned)record->fd >= range[0] && (unsigned)record->fd <= range[1];
}

/* First contacts are looked at too: that they were completed is worth remembering. */
static bool matters_at_exit(const struct record *record, const void *context)
{
    (void)context;
    return record->tag.state == RECORD_CONTACT || (record->tag.flags & RECORD_SYN_DATA);
}

static bool is_inherited(const struct record *record, const void *context)
{
    (void)context;
    return !tcp_is_close_on_exec(record->fd);
}

void connection_before_close_range(unsigned first, unsigned last)
{
    const unsigned range[2] = {first, last};
    if (!record_is_own_process())
        return;
    end_all(&record_connections, end, in_range, range);
    end_all(&record_notes, forget_note, in_range, range);
}

void connection_before_exit(void)
{
    if (!record_is_own_process())
        return;
    end_all(&record_connections, end, matters_at_exit, NULL);
}

void connection_before_exec(void)
{
    connection_before_spawn();
    connection_before_exit();
}

void connection_before_spawn(void)
{
    end_all(&record_connections, end, is_inherited, NULL);
}
