/* SPDX-License-Identifier: MIT */
/* What an environment says of this library. */
#ifndef TFOSHIM_SHIM_ENVIRONMENT_H
#define TFOSHIM_SHIM_ENVIRONMENT_H

#include <stdbool.h>

/* Is it the value of a variable that is there, and neither "" nor "0"? */
bool environment_says_yes(const char *value);

/* Does the next program image's preload this library, switched on? NULL: the process's own. */
bool environment_has_library(char *const environment[]);

#endif
