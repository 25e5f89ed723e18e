/* SPDX-License-Identifier: MIT */
#ifndef TFOSHIM_CLI_PRELOAD_H
#define TFOSHIM_CLI_PRELOAD_H

#include <stdbool.h>

/* Adds libtfoshim.so to LD_PRELOAD, after what is there already; false after a complaint. */
bool preload_library(void);

#endif
