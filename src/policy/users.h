/* SPDX-License-Identifier: MIT */
#ifndef TFOSHIM_POLICY_USERS_H
#define TFOSHIM_POLICY_USERS_H

#include "contract.h"
#include "policy/reader.h"

/* The number of a user, in digits, of the system that the configuration is of: as its /etc/passwd
 * has it, which becomes a source. NULL where that does not know the name. Not by getpwnam(), which
 * loads what it is configured to, and asks others over the network, in a program that has not even
 * started. */
const char *users_number(struct reader *, const char *name) NONNULL MUST_USE;

#endif
