/* SPDX-License-Identifier: MIT */
/*
 * What `attach` has set, for `detach` to undo: the sockets (SO_COOKIE) and their queues. They had
 * none before, because listeners with a queue are left alone. The kernel does not tell who set the
 * option of a socket, so this is a file in the runtime directory. Its entries are valid until the
 * machine boots again.
 */
#ifndef TFOSHIM_CLI_ATTACH_RECORD_H
#define TFOSHIM_CLI_ATTACH_RECORD_H

#include "contract.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct attach_entry {
    uint64_t cookie;
    int queue;
};

struct attach_record {
    int fd; /* locked until it is closed */
    struct attach_entry *entries;
    size_t count;
};

/* Makes it if there is none. False after a complaint. */
bool attach_record_open(struct attach_record *, const char *verb) NONNULL MUST_USE;
void attach_record_close(struct attach_record *) NONNULL;

/* The queue that this socket was given; 0: none. */
int attach_record_queue(const struct attach_record *, uint64_t cookie) NONNULL;

/* A queue of 0 removes the entry. */
void attach_record_put(struct attach_record *, uint64_t cookie, int queue) NONNULL;

/* False after a complaint. */
bool attach_record_save(const struct attach_record *, const char *verb) NONNULL MUST_USE;

#endif
