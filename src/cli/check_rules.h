/* SPDX-License-Identifier: MIT */
/* Rules that never match. */
#ifndef TFOSHIM_CLI_CHECK_RULES_H
#define TFOSHIM_CLI_CHECK_RULES_H

#include "policy/rules.h"

/* Warns, on stderr, of rules that never match as earlier ones cover all that they say. */
void check_rules(const struct rule_file *);

#endif
