/* SPDX-License-Identifier: MIT */
/*
 * Who a policy is for. Which rules are a process's own does not change while it runs: it is found
 * out when its policy is compiled, and kept with that, so that another process knows whether the
 * same one is for it. libc alone; part of the library, of the module and of the command.
 */
#ifndef TFOSHIM_POLICY_SUBJECT_H
#define TFOSHIM_POLICY_SUBJECT_H

#include "contract.h"

#include <stdbool.h>
#include <sys/types.h>

/* What rules select by: processes, and at last connections. */
enum selector { SELECT_PROGRAM, SELECT_USER, SELECT_UNIT, SELECT_INTERFACE, SELECTORS };
#define SUBJECT_SELECTORS SELECT_INTERFACE /* those before */

struct policy_subject {
    const char *program;    /* the name that it was called by; NULL: none, as the next */
    const char *executable; /* the absolute name of its file */
    uid_t user;
    const char *(*cgroups)(void); /* what /proc/PID/cgroup has, or ""; asked where a rule names a
                                     unit. NULL: none does match. */
};

/* Does a pattern of a rule (struct selected) match it? NULL is matched by none. */
bool subject_matches(const struct policy_subject *, enum selector, const char *pattern);

#endif
