/* SPDX-License-Identifier: MIT */
/* What /proc says of processes: of any, and of those that have the library, which version of the
 * policy each has. Names and texts in it are the processes' own: they are made printable. */
#ifndef TFOSHIM_CLI_PROCESSES_H
#define TFOSHIM_CLI_PROCESSES_H

#include "cli/recollection.h"
#include "contract.h"
#include "policy/policy.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* ---- any process ---- */

/* The value of a line of /proc/PID/status; false where there is none. A process of number 0 is this
 * one. */
bool process_status(pid_t, const char *name, char *value, size_t size) NONNULL MUST_USE;

/* "4711 (server)" */
#define PROCESS_TEXT_MOST 40
void process_text(char text[PROCESS_TEXT_MOST], pid_t) NONNULL;

bool process_has_library(pid_t);

/* /proc/PID/NAME as a whole, such as `environ`: strings, each with a NUL at its end. To be freed;
 * NULL: errno says why. */
char *process_strings(pid_t, const char *name, size_t *size) NONNULL MUST_USE;

/* Was it started with more rights than its user has (AT_SECURE)? The dynamic linker then ignores
 * LD_PRELOAD. False also where that cannot be told. */
bool process_is_secure(pid_t);

/* ---- those that have the library ---- */

#define PROCESS_NAME_MOST 20
#define PROCESS_VERSION_MOST 9

struct process {
    pid_t pid;
    char program[PROCESS_NAME_MOST];    /* as ps(1) has it, printable */
    char version[PROCESS_VERSION_MOST]; /* empty: built in, or its own: nobody else can see it */
    char former[PROCESS_VERSION_MOST];  /* that is still being asked, in the midst of a change */
    char *policy;                       /* the file; NULL: not known */
    char *refusal; /* what is wrong with the file as it is now; NULL: nothing */
    char *library; /* as the dynamic linker has mapped it: " (deleted)" may follow its name */
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
void processes_collect(struct processes *, const struct memories *) NONNULL;
void processes_drop(struct processes *) NONNULL;

/* One process, of that user. Its `library` is NULL if it has none. False: it may not be looked at
 * (errno says why). */
bool process_read(struct process *, pid_t, uid_t owner) NONNULL MUST_USE;
void process_drop(struct process *) NONNULL;

/* Processes that differ in nothing that is shown share a row: how many do from here on, at least 1.
 */
size_t processes_same(const struct processes *, size_t from) NONNULL;

#endif
