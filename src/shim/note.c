/* SPDX-License-Identifier: MIT */
#include "shim/note.h"

#include "kernel/tcp.h"

#include <limits.h>

/* Where the kernel does not say which socket it is, nobody is told that a new one has been
 * connected. */
static bool find(int fd, struct record *note)
{
    if (!record_get(&record_notes, fd, note))
        return false;
    uint64_t now = tcp_socket_cookie(fd);
    if (now == 0 && tcp_is_tcp(fd))
        return !(note->tag.flags & NOTE_CONNECTED);
    if (now == note->socket_cookie)
        return true;
    record_forget(&record_notes, note);
    return false;
}

unsigned note_flags(int fd)
{
    struct record note;
    return find(fd, &note) ? note.tag.flags : 0;
}

static void rewrite(int fd, unsigned set, unsigned clear, const union record_address *address)
{
    struct record note = {.fd = fd};
    if (find(fd, &note))
        record_forget(&record_notes, &note);
    else
        note = (struct record){
            .fd = fd, .socket_cookie = tcp_socket_cookie(fd), .netns = tcp_netns_cookie(fd)};
    note.tag.state = RECORD_NOTE;
    note.tag.flags = (note.tag.flags & ~clear) | set;
    if (address)
        note.address = *address;
    if (!note.tag.flags || !note.socket_cookie)
        return;
    struct record other;
    if (record_get_slot(&record_notes, record_slot_of(&record_notes, fd), &other) &&
        other.tag.flags == NOTE_CONNECTED)
        record_forget(&record_notes, &other);
    record_put(&record_notes, &note);
}

void note_connected(const struct record *record)
{
    struct record note = *record;
    note.tag.state = RECORD_NOTE;
    note.tag.flags = NOTE_CONNECTED;
    struct record other;
    if (record_get_slot(&record_notes, record_slot_of(&record_notes, record->fd), &other)) {
        if (other.fd != record->fd && other.tag.flags != NOTE_CONNECTED)
            return;
        record_forget_past(&record_notes, &other);
    }
    record_put_truth(&record_notes, &note);
}

bool note_is_connected(int fd, struct record *note)
{
    return find(fd, note) && (note->tag.flags & NOTE_CONNECTED);
}

void note_each_in(unsigned flag, unsigned first, unsigned last,
                  void (*action)(const struct record *))
{
    struct record note;
    if (atomic_load_explicit(&record_notes.live, memory_order_relaxed) == 0)
        return;
    for (unsigned slot = 0; slot < record_end(&record_notes); slot++)
        if (record_get_slot(&record_notes, slot, &note) && (note.tag.flags & flag) &&
            (unsigned)note.fd >= first && (unsigned)note.fd <= last &&
            tcp_socket_cookie(note.fd) == note.socket_cookie)
            action(&note);
}

void note_each(unsigned flag, void (*action)(const struct record *))
{
    note_each_in(flag, 0, UINT_MAX, action);
}

bool note_edge(int fd, int epoll, const struct epoll_event *event)
{
    struct record note = {.fd = fd};
    if (find(fd, &note))
        record_forget(&record_notes, &note);
    else
        note = (struct record){.fd = fd, .socket_cookie = tcp_socket_cookie(fd)};
    note.tag.state = RECORD_NOTE;
    note.tag.flags |= NOTE_EDGE;
    note.epoll = epoll;
    note.epoll_data = event->data.u64;
    note.epoll_events = event->events;
    return record_put(&record_notes, &note);
}

int note_taken_edge(int fd, struct epoll_event *event)
{
    struct record note;
    if (!find(fd, &note) || !(note.tag.flags & NOTE_EDGE))
        return -1;
    event->events = note.epoll_events;
    event->data.u64 = note.epoll_data;
    note_change(fd, 0, NOTE_EDGE);
    return note.epoll;
}

void note_change(int fd, unsigned set, unsigned clear)
{
    rewrite(fd, set, clear, NULL);
}

void note_listener(int fd, unsigned set, const union record_address *address)
{
    rewrite(fd, set, NOTE_BOUND, address);
}

void note_close(int fd)
{
    struct record note;
    if (!record_present(&record_notes, fd) || !record_get(&record_notes, fd, &note))
        return;
    if (note.tag.flags == NOTE_CONNECTED) /* of convenience, in whatever process */
        record_forget_past(&record_notes, &note);
    else
        record_forget(&record_notes, &note);
}

void note_close_range(unsigned first, unsigned last)
{
    struct record note;
    if (atomic_load_explicit(&record_notes.live, memory_order_relaxed) == 0)
        return;
    for (unsigned slot = 0; slot < record_end(&record_notes); slot++)
        if (record_get_slot(&record_notes, slot, &note) && (unsigned)note.fd >= first &&
            (unsigned)note.fd <= last)
            record_forget(&record_notes, &note);
}
