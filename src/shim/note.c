/* SPDX-License-Identifier: MIT */
#include "shim/note.h"

#include "kernel/tcp.h"

static bool find(int fd, struct record *note)
{
    if (!record_get(&record_notes, fd, note))
        return false;
    if (tcp_socket_cookie(fd) == note->socket_cookie)
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
    note.tag.flags = (uint16_t)((note.tag.flags & ~clear) | set);
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
    note.tag.error = 0;
    struct record other;
    if (record_get_slot(&record_notes, record_slot_of(&record_notes, record->fd), &other)) {
        if (other.fd != record->fd && other.tag.flags != NOTE_CONNECTED)
            return;
        record_forget(&record_notes, &other);
    }
    record_put(&record_notes, &note);
}

void note_change(int fd, unsigned set, unsigned clear)
{
    rewrite(fd, set, clear, NULL);
}

void note_listener(int fd, unsigned set, const union record_address *address)
{
    rewrite(fd, set, NOTE_BOUND, address);
}
