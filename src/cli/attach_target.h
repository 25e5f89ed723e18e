/* SPDX-License-Identifier: MIT */
/* The processes that `attach` and `detach` are for. */
#ifndef TFOSHIM_CLI_ATTACH_TARGET_H
#define TFOSHIM_CLI_ATTACH_TARGET_H

#include "contract.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct attach_target {
    pid_t *processes;
    size_t count;
    bool is_unit;
};

/* A number is a process; any other word is a systemd service, which is its main process and all
 * that are in its control group. Returns the exit status, not EXIT_SUCCESS after a complaint. */
int attach_target_find(struct attach_target *, const char *word, const char *verb) NONNULL MUST_USE;
void attach_target_free(struct attach_target *) NONNULL;

#endif
