/* SPDX-License-Identifier: MIT */
/*
 * What tests/faults/plan.py and the libraries beneath the program share: which call is to fail, and
 * which were made. It is a mapped file, so that all processes of a program count together and no
 * call is made to tell of another.
 */
#ifndef FAULTS_PLAN_H
#define FAULTS_PLAN_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#define PLAN_CALLS 1024

/* The last argument of a wait that is made for the program, which has fewer. */
#define PLAN_PROGRAMS (-1000)

/* When a call is made: before main(), after it, or by the program itself. */
enum phase { PHASE_START, PHASE_RUN, PHASE_PROGRAM };

/* `detail` tells calls of one number apart: an option's level and name, a command, a flag. */
struct call {
    int32_t phase;
    int32_t number;
    uint32_t detail;
    _Atomic uint32_t count;
};

struct plan {
    uint64_t handed_down[2]; /* where in the library a program's own calls by number are made */
    struct call fault;
    uint32_t which; /* the fault is that call's first, second ...; 0: all of them */
    int32_t error;
    uint32_t onward; /* and all that follow */
    uint32_t unused;
    _Atomic uint32_t hits;
    _Atomic uint32_t used;
    struct call calls[PLAN_CALLS];
};

extern struct plan *plan; /* NULL: nothing is to fail */

/* Maps the file that TFOSHIM_FAULTS names. */
void plan_open(char **environment);

/* Counts the call. Returns the errno that it is to fail with, or 0. */
int plan_fault(enum phase, long number, const long arguments[6]);

#endif
