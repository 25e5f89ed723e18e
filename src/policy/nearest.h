/* SPDX-License-Identifier: MIT */
#ifndef TFOSHIM_POLICY_NEAREST_H
#define TFOSHIM_POLICY_NEAREST_H

#include "contract.h"

#include <stddef.h>

/* The slips (a letter wrong, missing, too many, or two swapped) that make one word of the other. */
unsigned edit_distance(const char *a, const char *b) NONNULL;

/* The known word that `word` was probably meant for, or NULL. */
const char *nearest(const char *word, const char *const known[], size_t count);

#endif
