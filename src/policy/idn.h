/* SPDX-License-Identifier: MIT */
/* Names with letters beyond ASCII, as a name server is asked for them. */
#ifndef TFOSHIM_POLICY_IDN_H
#define TFOSHIM_POLICY_IDN_H

#include "contract.h"

#include <stdbool.h>
#include <stddef.h>

/* Has the name such a letter? */
bool idn_is_wide(const char *name) NONNULL;

/* "bücher.example" -> "xn--bcher-kva.example", from UTF-8, label by label (RFC 3492). Letters are
 * taken as they are written: no capital is made small, nothing is composed. False: that is no
 * UTF-8, a label is too long, or `size` too small. */
bool idn_encode(char *ascii, size_t size, const char *name) NONNULL MUST_USE;

#endif
