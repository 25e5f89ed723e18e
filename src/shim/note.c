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
    if (note.tag.flags && note.socket_cookie)
        record_put(&record_notes, &note);
}

void note_change(int fd, unsigned set, unsigned clear)
{
    rewrite(fd, set, clear, NULL);
}

void note_listener(int fd, const union record_address *address)
{
    rewrite(fd, NOTE_LISTENING | NOTE_ACCEPTING, NOTE_BOUND, address);
}
