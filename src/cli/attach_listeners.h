/* SPDX-License-Identifier: MIT */
/* The listening TCP sockets of processes that run already, as duplicates of their descriptors. */
#ifndef TFOSHIM_CLI_ATTACH_LISTENERS_H
#define TFOSHIM_CLI_ATTACH_LISTENERS_H

#include "contract.h"
#include "policy/policy.h"

#include <sys/types.h>

struct attach_listener {
    int fd;
    uint64_t cookie; /* the socket's identity (SO_COOKIE) */
    struct endpoint endpoint;
    pid_t process;   /* in which it was found first */
    pid_t last;      /* and last */
    unsigned others; /* processes that have it as well */
    bool is_shimmed; /* one of them has the library */
};

struct attach_listeners {
    struct attach_listener *all;
    size_t count;
    unsigned passed_over; /* sockets that do not listen for TCP connections */
};

/* Adds those of a process. A socket that several processes have counts once. False after a
 * complaint; a process that has ended is no error if it `may_be_gone`. */
bool attach_listeners_add(struct attach_listeners *, pid_t process, bool may_be_gone,
                          const char *verb) NONNULL MUST_USE;
void attach_listeners_free(struct attach_listeners *) NONNULL;

/* What its program passed to listen(), as limited by the kernel. */
int attach_listener_backlog(const struct attach_listener *) NONNULL;

#endif
