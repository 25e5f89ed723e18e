/* SPDX-License-Identifier: MIT */
/* What `tfoshim doctor` finds: a list of findings in sections, each with the commands that would
 * mend it. It is printed at the end, as text or as JSON. */
#ifndef TFOSHIM_CLI_DOCTOR_H
#define TFOSHIM_CLI_DOCTOR_H

#include "cli/json.h"
#include "contract.h"

#include <stdbool.h>
#include <sys/types.h>

enum finding { FINDING_OK, FINDING_NOTE, FINDING_PROBLEM };

/* A finding of the section that was begun last. `check` says in a word what was looked at, and
 * `subject` at which of several, or where: a file, a listener; or NULL. Both words and subject are
 * copied. */
void finding(enum finding, const char *check, const char *subject, const char *format, ...)
    __attribute__((format(printf, 4, 5), nonnull(2, 4)));

/* A line below the last finding: "label: what to type". */
void finding_remedy(const char *label, const char *format, ...)
    __attribute__((format(printf, 2, 3), nonnull));

/* The findings that follow are of this section: its name for programs, and its title. */
void doctor_section(const char *name, const char *title) NONNULL;

unsigned doctor_problems(void);

/* Prints what was found. */
void doctor_print_text(void);
/* As a member of an object. */
void doctor_put_findings(struct json *in) NONNULL;
/* Forgets it. */
void doctor_drop(void);

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

/* Of a process that runs, and of the main process of a systemd service, which is put into *pid.
 * False after a complaint. */
bool doctor_process(pid_t);
bool doctor_unit(const char *name, pid_t *pid);

#endif
