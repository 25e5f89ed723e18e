/* SPDX-License-Identifier: MIT */
/* The program that `run`, or a service, is to start. */
#ifndef TFOSHIM_CLI_TARGET_H
#define TFOSHIM_CLI_TARGET_H

#include "cli/preload.h"
#include "contract.h"

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* Where execvp() will find `program`; false if it will not. */
bool target_find(char *path, size_t size, const char *program) NONNULL MUST_USE;

/* If the file is a script ("#!..."), replaces its name by that of the program which runs it, in the
 * end. "#!/usr/bin/env NAME" is that NAME. False if the file is no script, or its program is not
 * found: the name then is that of the file that is missing. */
bool target_interpreter(char path[PATH_MAX]) NONNULL;

/* Why the loader will not preload anything into the program, or NULL if nothing speaks against it.
 * What keeps scripts from it is in their interpreters. */
const char *target_obstacle(const char *path) NONNULL;

/* Whoever else is to start it, such as a service manager. */
struct target_user {
    uid_t user;
    gid_t group;
    bool has_no_new_privileges; /* set-id bits do nothing then */
};

/* Why the loader ignores LD_PRELOAD, and takes it away from what the program starts, or NULL. */
const char *target_privilege(const char *path, const struct target_user *) NONNULL;
/* As target_obstacle(); of a user who is NULL nothing is known. */
const char *target_obstacle_for(const char *path, const struct target_user *);

/* The library of AddressSanitizer that the program is linked with, and which is not in `preloads`,
 * a list or NULL: with any other library before its own such a program ends at once. */
bool target_lacks_asan(char name[PRELOAD_NAME_MOST], const char *path,
                       const char *preloads) MUST_USE;

#endif
