/* SPDX-License-Identifier: MIT */
/* The parts of `tfoshim doctor`, a file each; they print findings (cli/finding.h). */
#ifndef TFOSHIM_CLI_DOCTOR_H
#define TFOSHIM_CLI_DOCTOR_H

void doctor_machine(void);
void doctor_counters(void);
void doctor_installation(void);
void doctor_environment(void);
void doctor_program(const char *program);

#endif
