/* SPDX-License-Identifier: MIT */
/*
 * What the shim holds for connections that the program has done with while their handshake is under
 * way: duplicates, high up where no program counts on a number, and one epoll that says when a
 * handshake is over. Knows nothing of records.
 */
#ifndef TFOSHIM_SHIM_PENDING_H
#define TFOSHIM_SHIM_PENDING_H

#include "contract.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/epoll.h>

/* How many descriptors are watched. */
extern atomic_uint pending_count;

static inline bool pending_any(void)
{
    return __builtin_expect(atomic_load_explicit(&pending_count, memory_order_relaxed) != 0, 0);
}

/* Can this process hold duplicates and wait for them? Tried once: a sandbox may refuse it. */
bool pending_is_possible(void);

/* A second descriptor of the socket, at or above `least` (0: wherever); -1 where none can be had.
 */
int pending_duplicate(int fd, int least) MUST_USE;

/* Watches for the end of the handshake. What is watched is unwatched once, even where the
 * descriptor has gone meanwhile. */
bool pending_watch(int fd) MUST_USE;
/* The same of a connection taken from its SYN, which is writable before. */
bool pending_watch_taken(int fd);
void pending_unwatch(int fd);
/* What no record is watched for: another thread is about to unwatch it, or could not. */
void pending_leave(int fd);

/* The epoll that waits for them: the descriptor is readable when one is ready. -1: there is none.
 */
int pending_epoll(void);

/* Gives its number to the program. */
void pending_move(void);

/* The descriptors that are ready, up to `most` of them; never waits. */
int pending_ready(int fds[], unsigned most) NONNULL;

/* An epoll of the program's has this descriptor. */
void pending_epoll_made(int epoll);

/* Has the private epoll wake whoever waits with this one: another thread may be doing so already.
 */
void pending_nest(int epoll);

/* Takes what pending_nest() brings out of an answer; returns how many events are left. */
int pending_drop_nested(struct epoll_event *, int count);

/* Has one? It may have been closed since. */
bool pending_is_epoll(int fd);

/* Takes the descriptor out of all epolls of the program: one goes on reporting a closed descriptor
 * while a duplicate lives, with a pointer that the program has freed. */
void pending_leave_epolls(int fd);

/* In a child of fork(): what is watched is the parent's. */
void pending_forked(void);

#endif
