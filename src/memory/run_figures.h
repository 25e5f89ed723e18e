/* SPDX-License-Identifier: MIT */
/*
 * The figures of one run: what the programs of one `tfoshim run --stats` have gained, and nobody
 * else.
 *
 * The command makes them, in memory without a name whose size is sealed, and hands them down as
 * /proc/PID/fd/N in the environment: nothing is left behind when it is killed, no program holds a
 * descriptor of it, and nobody can cut it short under a program that counts. Whoever cannot open
 * it, being another user or in another process namespace, is not counted.
 */
#ifndef TFOSHIM_MEMORY_RUN_FIGURES_H
#define TFOSHIM_MEMORY_RUN_FIGURES_H

#include "contract.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum run_figure {
    RUN_PROGRAMS,   /* started with the library in them */
    RUN_CONNECTS,   /* that the policy enables */
    RUN_DEFERRED,   /* in a dry run: that would have been */
    RUN_STARTED,    /* deferred, and then the SYN left without data */
    RUN_OPENED,     /* deferred, and then the SYN left with data */
    RUN_ACCEPTED,   /* whose SYN data was acknowledged: round trips saved */
    RUN_SAVED_US,   /* the sum of those round trips */
    RUN_LISTENERS,  /* that TCP_FASTOPEN was set on */
    RUN_TAKEN,      /* connections out of them that had data in the SYN */
    RUN_GUARDED,    /* of these, held back until the client was proved */
    RUN_PROVED,     /* and it was */
    RUN_UNPROVED,   /* it was not: the program has had an error, and no byte */
    RUN_LINES_LOST, /* of the log, whether or not a later line has told of them */
    RUN_FIGURES,
};

/* Makes them, and writes the name to hand down; false with errno. */
bool run_figures_make(char *name, size_t size) NONNULL MUST_USE;

/* Counts there from now on, if that is what the name says. */
void run_figures_use(const char *name) NONNULL;

/* May be called from a signal handler, and where there are none. */
void run_figures_add(enum run_figure, uint64_t amount);

uint64_t run_figures_get(enum run_figure);

#endif
