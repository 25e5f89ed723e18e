/* SPDX-License-Identifier: MIT */
/*
 * What `attach` has set, for `detach` to undo: which sockets (SO_COOKIE), and with what queue. That
 * they had none before needs no record, for others are left alone. The kernel does not tell who has
 * set a socket's option, so this is a file, in the runtime directory: its entries are good until
 * the machine is started again, and say nothing of sockets that are gone.
 */
#ifndef TFOSHIM_CLI_ATTACH_RECORD_H
#define TFOSHIM_CLI_ATTACH_RECORD_H

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
bool attach_record_open(struct attach_record *, const char *verb);
void attach_record_close(struct attach_record *);

/* The queue that this socket was given; 0: none. */
int attach_record_queue(const struct attach_record *, uint64_t cookie);

/* A queue of 0 strikes it out. */
void attach_record_put(struct attach_record *, uint64_t cookie, int queue);

/* False after a complaint. */
bool attach_record_save(const struct attach_record *, const char *verb);

#endif
