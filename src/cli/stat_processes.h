/* SPDX-License-Identifier: MIT */
/* The processes that have the library, and which version of the policy each has. */
#ifndef TFOSHIM_CLI_STAT_PROCESSES_H
#define TFOSHIM_CLI_STAT_PROCESSES_H

#include "cli/memories.h"

#include <stddef.h>

#define STAT_VERSION_MOST 9

struct stat_process {
    pid_t pid;
    char program[20];                /* as ps(1) has it, printable */
    char version[STAT_VERSION_MOST]; /* empty: built in, or its own: nobody else can see it */
    char former[STAT_VERSION_MOST];  /* that is still being asked, in the midst of a change */
    char *policy;                    /* the file; NULL: not known */
    char *refusal;                   /* what is wrong with the file as it is now; NULL: nothing */
};

struct stat_processes {
    struct stat_process *all; /* by program, version and number */
    size_t count;
};

/* Of whom the memories are; of those that nobody but root may look at, only root learns. */
void stat_processes_collect(struct stat_processes *, const struct memories *);
void stat_processes_drop(struct stat_processes *);

/* By all but its number. */
int stat_processes_compare(const struct stat_process *, const struct stat_process *);

/* How many from here on have the same program, policy, version and refusal: at least 1. */
size_t stat_processes_same(const struct stat_processes *, size_t from);

#endif
