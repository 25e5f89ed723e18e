/* SPDX-License-Identifier: MIT */
#ifndef TFOSHIM_POLICY_MISTAKE_H
#define TFOSHIM_POLICY_MISTAKE_H

#include "contract.h"
#include "policy/reader.h"

/* What a syntax error in that line of the joined text probably is: "found ..., expected ...".
 * False: none of the common ones. */
bool mistake_find(const struct source *, size_t line, char *said, size_t size) NONNULL MUST_USE;

#endif
