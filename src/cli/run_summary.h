/* SPDX-License-Identifier: MIT */
/* What a run has gained, or a dry run would have, for people: on standard error. */
#ifndef TFOSHIM_CLI_RUN_SUMMARY_H
#define TFOSHIM_CLI_RUN_SUMMARY_H

#include <stdbool.h>

void run_summary(bool is_dry);

#endif
