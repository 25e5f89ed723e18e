/* SPDX-License-Identifier: MIT */
/* What `doctor` prints: a line a finding, and below it the commands that would mend it. */
#ifndef TFOSHIM_CLI_FINDING_H
#define TFOSHIM_CLI_FINDING_H

#include <stdbool.h>

enum finding { FINDING_OK, FINDING_NOTE, FINDING_PROBLEM };

void finding_section(const char *title);
void finding(enum finding, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* A line below the last finding: "label: what to type". */
void finding_remedy(const char *label, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* How many problems there were. */
unsigned finding_problems(void);

#endif
