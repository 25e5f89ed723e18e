/* SPDX-License-Identifier: MIT */
/* First writes that the user vouches for, by how they begin. */
#ifndef TFOSHIM_POLICY_PREFIXES_H
#define TFOSHIM_POLICY_PREFIXES_H

#include "contract.h"

#include <stdbool.h>
#include <stddef.h>

/* Do the bytes begin with one of these? `prefixes`: strings one after another, an empty one at the
 * end; or NULL. */
bool prefixes_match(const char *prefixes, const void *bytes, size_t length);

#endif
