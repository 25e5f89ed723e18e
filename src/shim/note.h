/* SPDX-License-Identifier: MIT */
/*
 * Notes on sockets that are no deferred connections: what the shim, or the program, did to them
 * before. In a table of their own, so that a server's listeners cost its reads and writes nothing.
 */
#ifndef TFOSHIM_SHIM_NOTE_H
#define TFOSHIM_SHIM_NOTE_H

#include "contract.h"
#include "shim/record.h"

#include <sys/epoll.h>

enum note_flag {
    NOTE_ASIDE = 1 << 0, /* the program sets Fast Open options itself: left alone */
    NOTE_BOUND = 1 << 1, /* bind() has set TCP_FASTOPEN, listen() may correct it */
    NOTE_KEYED = 1 << 2, /* a listener with the keys of its rule's key_file */
    NOTE_ACCEPTING =
        1 << 3, /* accept() has been called on it: its TCP_FASTOPEN is as it should be */
    NOTE_CONNECTED = 1 << 5, /* connect() succeeded, though the kernel has not been asked */
    NOTE_EDGE = 1 << 4,      /* registered edge-triggered with an epoll before it is connected */
    NOTE_GUARDS = 1 << 7,    /* a listener: what its SYNs bring is guarded, unless safe to repeat */
    NOTE_COVERED = 1 << 6,   /* a listener whose TCP_FASTOPEN is the shim's: it is counted what
                              * comes out of it */
    NOTE_FOUND = 1 << 8,     /* it was inherited listening: put back where this process covers it */
};

/* The flags of this socket's note, 0 where there is none; one about a former socket is struck out.
 */
unsigned note_flags(int fd);

/* Is there such a note, of NOTE_CONNECTED? */
bool note_is_connected(int fd, struct record *) NONNULL MUST_USE;

/* All that there are with this flag; those of descriptors of [first, last]. */
void note_each(unsigned flag, void (*action)(const struct record *)) NONNULL;
void note_each_in(unsigned flag, unsigned first, unsigned last,
                  void (*action)(const struct record *)) NONNULL;

/* Adds and clears flags; without any left the note is struck out. */
void note_change(int fd, unsigned set, unsigned clear);

/* The descriptor, or all of [first, last], is about to be closed. */
void note_close(int fd);
void note_close_range(unsigned first, unsigned last);

/* The socket, not connected yet, is being registered edge-triggered. False: there is no room to
 * note that. */
bool note_edge(int fd, int epoll, const struct epoll_event *) MUST_USE;
/* The epoll of that registration, once, or -1. */
int note_taken_edge(int fd, struct epoll_event *) NONNULL;

/* The connection of `record` stands. A note of convenience: any other takes its place. */
void note_connected(const struct record *record) NONNULL;

/* Same, with the address that a listener is bound to; listen() has corrected what bind() set. */
void note_listener(int fd, unsigned set, const union record_address *) NONNULL;

#endif
