/* SPDX-License-Identifier: MIT */
/* What the ways to wait of rendezvous.c share. */
#ifndef TESTS_RENDEZVOUS_H
#define TESTS_RENDEZVOUS_H

#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <time.h>

#define SIGNAL SIGUSR1

/*
 * One way for the thread that connects to wait for the one that accepts. Named as the symbol that
 * is called, if there is one.
 */
struct way {
    const char *name;
    long (*wait)(void); /* after connecting; its result is the same in each run */
    void (*take)(
        void); /* in the other thread, before: get hold of what is going to be waited for */
    void (*release)(void); /* in the other thread, once it has accepted */
    int (*missing)(void);  /* true where the C library has no such symbol */
};

extern const struct way thread_ways[], sleep_ways[], lock_ways[], signal_ways[], ipc_ways[],
    process_ways[], stream_ways[], wide_ways[], poll_ways[], read_ways[], write_ways[], user_ways[],
    service_ways[], remote_ways[];

/* Made anew for each wait. */
extern int ends[2];         /* a pipe with nothing in it */
extern FILE *stream, *wide; /* unbuffered, over its reading end, as is stdin */
extern pthread_t connector, acceptor;
extern atomic_bool accepted;

/* Writes a line of eight bytes to the pipe. */
void release_pipe(void);

/* When a wait that goes wrong gives up: later than everything else. */
struct timespec after_half_a_minute(clockid_t clock);

/* Two descriptions of one file. */
void open_twice(int files[2]);

/* Takes what succeeds for granted. */
void must(int succeeded, const char *what);

#endif
