/* SPDX-License-Identifier: MIT */
/* Programs that start another one: what becomes of a variable of the environment on the way. */
#ifndef TFOSHIM_CLI_WRAPPER_H
#define TFOSHIM_CLI_WRAPPER_H

#include "contract.h"

#include <stdbool.h>

/* If the first of the words, NULL at their end, is such a program, goes on to the one that it
 * starts: *words becomes NULL where that is not known, as of a shell's command line, or does not
 * matter any more. `loss` is then NULL, or what takes one of the variables away, such as "env -i",
 * to be freed. False: it is any other program. May change the order of the words. */
bool wrapper_step(char ***words, const char *const variables[], char **loss) NONNULL MUST_USE;

#endif
