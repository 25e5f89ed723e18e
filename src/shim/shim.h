/* SPDX-License-Identifier: MIT */
/* What start-up decides once and the hooks read: never written afterwards, thus no locking. (The
 * policy changes: policy_force.h.) */
#ifndef TFOSHIM_SHIM_SHIM_H
#define TFOSHIM_SHIM_SHIM_H

#include <stdbool.h>

struct shim {
    bool active;  /* false: every hook is the plain call */
    bool dry_run; /* every hook is, and what would have been done is counted (rehearsal.h) */
};

extern struct shim shim;

#endif
