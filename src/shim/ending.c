/* SPDX-License-Identifier: MIT */
/*
 * Endings: a descriptor, or the process, goes away while a connection is deferred or its handshake is
 * under way. Closing a socket in SYN_SENT kills the connection and what it carries; a plain program
 * would have been through the handshake before its connect() returned.
 */
#include "kernel/tcp.h"
#include "shim/connection.h"

#include <limits.h>

/* Would the plain program's connection have stood by now, seen by the server, and been lost? Where the
 * program was still waiting for its connect, closing aborts it with the shim as without. */
static bool would_stand(const struct record *record)
{
    return (record->tag.flags & (RECORD_BELIEVED | RECORD_SYN_DATA)) != 0;
}

void connection_before_shutdown(int fd)
{
    struct record record;
    if (connection_find(fd, &record) && would_stand(&record))
        connection_settle(fd);
}

/* The record goes before the descriptor does: its number can be reused the instant close() returns. */
static void end(struct record *record)
{
    if (record_is_connection(record) && would_stand(record))
        connection_settle(record->fd);
    record_forget(record);
}

void connection_before_close(int fd)
{
    struct record record;
    if (record_present(fd) && record_is_own_process() && record_get(fd, &record))
        end(&record);
}

void connection_before_sharing(int fd)
{
    struct record record;
    if (!record_present(fd) || !connection_find(fd, &record))
        return;
    connection_settle(fd);
    record_forget(&record);
}

/* Walks all live records; `wanted` decides by the record and its context. */
static void end_all(bool (*wanted)(const struct record *, const void *), const void *context)
{
    struct record record;
    if (atomic_load_explicit(&record_live, memory_order_relaxed) == 0)
        return;
    for (unsigned slot = 0; slot < RECORD_SLOTS; slot++)
        if (record_get_slot(slot, &record) && wanted(&record, context))
            end(&record);
}

static bool in_range(const struct record *record, const void *context)
{
    const unsigned *range = context;
    return (unsigned)record->fd >= range[0] && (unsigned)record->fd <= range[1];
}

static bool has_syn_data(const struct record *record, const void *context)
{
    (void)context;
    return record->tag.flags & RECORD_SYN_DATA;
}

static bool is_inherited(const struct record *record, const void *context)
{
    (void)context;
    return !tcp_is_close_on_exec(record->fd);
}

void connection_before_close_range(unsigned first, unsigned last)
{
    const unsigned range[2] = {first, last};
    if (record_is_own_process())
        end_all(in_range, range);
}

void connection_before_exit(void)
{
    if (record_is_own_process())
        end_all(has_syn_data, NULL);
}

void connection_before_exec(void)
{
    connection_before_spawn();
    connection_before_exit();
}

void connection_before_spawn(void)
{
    end_all(is_inherited, NULL);
}
