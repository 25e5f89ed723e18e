/* SPDX-License-Identifier: MIT */
/* What `tfoshim doctor` prints, a line a finding, and below it the commands that would mend it. */
#ifndef TFOSHIM_CLI_DOCTOR_H
#define TFOSHIM_CLI_DOCTOR_H

enum finding { FINDING_OK, FINDING_NOTE, FINDING_PROBLEM };

void finding(enum finding, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* A line below the last finding: "label: what to type". */
void finding_remedy(const char *label, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* What it finds of the machine. */
void doctor_machine(void);
void doctor_counters(void);

#endif
