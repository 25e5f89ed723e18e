/* SPDX-License-Identifier: MIT */
/* The processes and interfaces that rules tell apart: one for each combination that a rule names.
 */
#ifndef TFOSHIM_CLI_WHO_H
#define TFOSHIM_CLI_WHO_H

#include "policy/rules.h"

struct who {
    const struct selected *is[SELECTORS]; /* NULL: what no rule names */
    size_t at[SELECTORS];                 /* which of the rule's */
};

/* The first of those that a rule is for, and the next; false: there are no more. */
void who_first(struct who *, const struct rule *);
bool who_next(struct who *, const struct rule *);

/* Does that rule apply to it, too? */
bool who_has(const struct rule *, const struct who *);

#endif
