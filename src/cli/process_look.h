/* SPDX-License-Identifier: MIT */
/* What /proc says of a process. Names and texts in it are the process's own: they are made
 * printable. */
#ifndef TFOSHIM_CLI_PROCESS_LOOK_H
#define TFOSHIM_CLI_PROCESS_LOOK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/types.h>

/* /proc/PID/NAME, to be closed; NULL: errno says why. A process of number 0 is this one. */
FILE *process_open(pid_t, const char *name);

/* The value of a line of /proc/PID/status; false where there is none. */
bool process_status(pid_t, const char *name, char *value, size_t size);

/* As ps(1) has it; "" where that cannot be read. */
#define PROCESS_NAME_MOST 20
void process_name(char name[PROCESS_NAME_MOST], pid_t);

/* "4711 (server)" */
#define PROCESS_TEXT_MOST 40
void process_text(char text[PROCESS_TEXT_MOST], pid_t);

/* The library's path in a line of /proc/PID/maps, which loses its newline; NULL: the line is about
 * something else. The dynamic linker maps it by its name, which stays when the file is replaced:
 * " (deleted)" follows it then. */
const char *process_library_of(char *line);

bool process_has_library(pid_t);

/* /proc/PID/NAME as a whole, such as `environ`: strings, each with a NUL at its end. To be freed;
 * NULL: errno says why. */
char *process_strings(pid_t, const char *name, size_t *size);

/* Was it started with more rights than its user has (AT_SECURE)? The dynamic linker then ignores
 * LD_PRELOAD. False also where that cannot be told. */
bool process_is_secure(pid_t);

#endif
