/* SPDX-License-Identifier: MIT */
/*
 * Learned names: which addresses the program's own resolver calls answered for the names that some
 * `host` pattern of the policy matches. Fixed memory, no locks; under pressure the oldest answer is
 * forgotten, and a forgotten answer only means a plain connect.
 */
#ifndef TFOSHIM_POLICY_NAMES_H
#define TFOSHIM_POLICY_NAMES_H

#include "policy/policy.h"

/* No address is remembered under more host patterns than these at a time. */
#define NAMES_PER_ADDRESS 8

/* The resolver answered `address` (port ignored) for `name`. Costs nothing when no pattern matches.
 */
void names_learn(const struct policy *, const char *name, const struct endpoint *address);

/* Fills ids[] with the host patterns that `address` was learned under; returns how many. */
size_t names_lookup(const uint8_t address[16], uint32_t ids[], size_t most);

#endif
