/* SPDX-License-Identifier: MIT */
/* The program that `run` is to start. */
#ifndef TFOSHIM_CLI_TARGET_H
#define TFOSHIM_CLI_TARGET_H

#include <stdbool.h>
#include <stddef.h>

/* Where execvp() will find `program`; false if it will not. */
bool target_find(char *path, size_t size, const char *program);

/* Why the loader will not preload anything into the program, or NULL if nothing speaks against it.
 */
const char *target_obstacle(const char *path);

#endif
