/* SPDX-License-Identifier: MIT */
/* What `tfoshim doctor` prints, a line a finding, and below it the commands that would mend it. */
#ifndef TFOSHIM_CLI_DOCTOR_H
#define TFOSHIM_CLI_DOCTOR_H

#include <stdbool.h>
#include <sys/types.h>

enum finding { FINDING_OK, FINDING_NOTE, FINDING_PROBLEM };

void finding(enum finding, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* A line below the last finding: "label: what to type". */
void finding_remedy(const char *label, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* The title of the findings that follow. */
void doctor_section(const char *title);

/* What it finds of the machine. */
void doctor_machine(void);
void doctor_counters(void);

/* Of net.ipv4.tcp_fastopen. `within` goes before the commands that set it: "", or how to enter the
 * network namespace that has it. */
void doctor_fastopen(long value, const char *within);

/* Of what our environment says to the library; does it have this variable, and as neither "" nor
 * "0"? */
void doctor_environment(void);
bool doctor_variable_is_set(const char *name);

/* Of a process that runs, and of the main process of a systemd service. False after a complaint. */
bool doctor_process(pid_t);
bool doctor_unit(const char *name);

#endif
