/* SPDX-License-Identifier: MIT */
#ifndef TFOSHIM_CLI_CONFIG_USE_H
#define TFOSHIM_CLI_CONFIG_USE_H

#include <stdbool.h>

/* What --config names becomes the $TFOSHIM_CONFIG that programs inherit. False, after complaints by
 * the verb: it cannot be used. */
bool config_use(const char *file, const char *verb);

#endif
