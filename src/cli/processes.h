/* SPDX-License-Identifier: MIT */
/* The processes that have the library, and which version of the policy each has. */
#ifndef TFOSHIM_CLI_PROCESSES_H
#define TFOSHIM_CLI_PROCESSES_H

#include "cli/memories.h"

#include <stddef.h>

#define PROCESS_VERSION_MOST 9

struct process {
    pid_t pid;
    char program[20];                   /* as ps(1) has it, printable */
    char version[PROCESS_VERSION_MOST]; /* empty: built in, or its own: nobody else can see it */
    char former[PROCESS_VERSION_MOST];  /* that is still being asked, in the midst of a change */
    char *policy;                       /* the file; NULL: not known */
    char *refusal; /* what is wrong with the file as it is now; NULL: nothing */
};

struct processes {
    struct process *all; /* by program, version and number */
    size_t count;
};

/* Those of the users whose memories are meant. Processes that only root may examine are known only
 * to root. */
void processes_collect(struct processes *, const struct memories *);
void processes_drop(struct processes *);

/* Processes that differ in nothing that is shown share a row: how many do from here on, at least 1.
 */
size_t processes_same(const struct processes *, size_t from);

#endif
