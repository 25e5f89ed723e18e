/* SPDX-License-Identifier: MIT */
/* Key files of a policy that would not work. */
#ifndef TFOSHIM_CLI_CHECK_KEYS_H
#define TFOSHIM_CLI_CHECK_KEYS_H

#include "policy/rules.h"

/* Warns, on stderr, of key files that cannot be used as they are, and of rules that may be for
 * listeners of one address and have different ones. */
void check_keys(const struct rule_file *);

#endif
