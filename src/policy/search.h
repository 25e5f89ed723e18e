/* SPDX-License-Identifier: MIT */
/* Which configuration file serves: one answer for the preloaded library and for the command. */
#ifndef TFOSHIM_POLICY_SEARCH_H
#define TFOSHIM_POLICY_SEARCH_H

#include <stdbool.h>
#include <stddef.h>

/* In this order: $TFOSHIM_CONFIG, $XDG_CONFIG_HOME/tfoshim.conf or ~/.config/tfoshim.conf,
 * policy_system_file. A file that $TFOSHIM_CONFIG names is the answer even if it is not there
 * (whoever opens it reports that); when the variable is set and empty, no file is used. The
 * environment is trusted except in secure-execution mode. Writes the file's name and returns true,
 * or returns false: the built-in policy serves. For start-up only: it reads the environment. */
bool policy_search(char *path, size_t size, bool trust_environment);

/* The system-wide file. */
extern const char policy_system_file[];

#endif
