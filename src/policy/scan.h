/* SPDX-License-Identifier: MIT */
/* A first look at each line, for what libconfig would pass over in silence. */
#ifndef TFOSHIM_POLICY_SCAN_H
#define TFOSHIM_POLICY_SCAN_H

#include "policy/reader.h"

struct scan {
    enum { SCAN_CODE, SCAN_STRING, SCAN_COMMENT } state;
    struct origin opened; /* where the current string or comment began */
};

/* Follows strings and comments through one line, and reports numbers that libconfig would cut. */
void scan_line(struct reader *, struct scan *, const char *line, const char *end,
               const struct origin *here);

/* The end of the file: false, after a report, if it is inside a string or comment. */
bool scan_end(struct reader *, const struct scan *);

#endif
