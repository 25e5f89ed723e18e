/* SPDX-License-Identifier: MIT */
/* The processes that have the library, and which version of the policy each has. */
#ifndef TFOSHIM_CLI_PROCESSES_H
#define TFOSHIM_CLI_PROCESSES_H

#include "cli/process_look.h"
#include "cli/recollection.h"
#include "policy/policy.h"

#include <stddef.h>

#define PROCESS_VERSION_MOST 9

struct process {
    pid_t pid;
    char program[PROCESS_NAME_MOST];    /* as ps(1) has it, printable */
    char version[PROCESS_VERSION_MOST]; /* empty: built in, or its own: nobody else can see it */
    char former[PROCESS_VERSION_MOST];  /* that is still being asked, in the midst of a change */
    char *policy;                       /* the file; NULL: not known */
    char *refusal;                 /* what is wrong with the file as it is now; NULL: nothing */
    char *library;                 /* as the dynamic linker has mapped it (process_library_of()) */
    const struct policy *in_force; /* a copy of that version; NULL where that is empty */
    int memory;                    /* the segment that is its memory of destinations; -1: none */
    bool is_apart;                 /* of another IPC namespace: of all this, the library is known */
};

struct processes {
    struct process *all; /* by program, version and number */
    size_t count;
};

/* Those of the users whose memories are meant. Processes that only root may examine are known only
 * to root. */
void processes_collect(struct processes *, const struct memories *);
void processes_drop(struct processes *);

/* One process, of that user. Its `library` is NULL if it has none. False: it may not be looked at
 * (errno says why). */
bool process_read(struct process *, pid_t, uid_t owner);
void process_drop(struct process *);

/* Processes that differ in nothing that is shown share a row: how many do from here on, at least 1.
 */
size_t processes_same(const struct processes *, size_t from);

#endif
