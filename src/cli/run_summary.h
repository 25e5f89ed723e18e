/* SPDX-License-Identifier: MIT */
/* Prints on standard error what a run saved, or a dry run would have. */
#ifndef TFOSHIM_CLI_RUN_SUMMARY_H
#define TFOSHIM_CLI_RUN_SUMMARY_H

#include <stdbool.h>

void run_summary(bool is_dry);

#endif
