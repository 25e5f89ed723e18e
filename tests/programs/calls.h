/* SPDX-License-Identifier: MIT */
/* What programs may do first with a connection, by family; see first-call.c. */
#ifndef TESTS_CALLS_H
#define TESTS_CALLS_H

struct call {
    const char *name; /* the symbol, if it is one call */
    void (*call)(int fd);
};

extern const struct call write_calls[], read_calls[], descriptor_calls[], exit_calls[],
    process_calls[];

/* What the call made of the descriptor: the rest is written there. */
extern int connection;

#endif
