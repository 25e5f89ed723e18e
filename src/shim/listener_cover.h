/* SPDX-License-Identifier: MIT */
/* What is done to a listener that is to take data from SYNs, or no more: the TCP_FASTOPEN, the keys
 * and the note. For listener*.c alone. */
#ifndef TFOSHIM_SHIM_LISTENER_COVER_H
#define TFOSHIM_SHIM_LISTENER_COVER_H

#include "contract.h"
#include "policy/policy.h"

/* bind() does not know the backlog that listen() will bring: the kernel's usual ceiling for both.
 * The kernel clips what it is given to net.core.somaxconn. */
#define QUEUE_WHEN_BOUND 4096

#define WITHOUT_KEYS "the keys of the network namespace apply"

/* False: it cannot be had here. */
bool cover_set_queue(int fd, const struct sockaddr *, int queue);

/* Is it to be given the keys of its rule's key_file? */
bool cover_takes_keys(int fd, const struct server_verdict *) NONNULL;

/* NOTE_GUARDS, or 0: does the rule have what SYNs bring guarded? And is what that takes to be had?
 */
unsigned cover_guards(const struct server_verdict *) NONNULL;
bool cover_can_guard(int fd, unsigned guard);

/* On a socket that listens, or is about to: NOTE_COVERED, or 0 where it cannot be. */
unsigned cover_begin(int fd, const struct sockaddr_storage *bound, const struct endpoint *,
                     int queue) NONNULL;

/* Notes the listener with these flags, and gives it keys, unless key_file is NULL. */
void cover_note(int fd, unsigned flags, const struct sockaddr_storage *bound, const char *key_file);

#endif
