/* SPDX-License-Identifier: MIT */
#ifndef TFOSHIM_CLI_SHOW_H
#define TFOSHIM_CLI_SHOW_H

#include "policy/rules.h"

/* Prints a policy as it was understood, with every default spelled out. */
void show_policy(const struct rule_file *);

#endif
