/* SPDX-License-Identifier: MIT */
/* A line that is put together on the stack; what does not fit is left out. */
#ifndef TFOSHIM_SHIM_TEXT_H
#define TFOSHIM_SHIM_TEXT_H

#include "contract.h"

#include <stddef.h>

struct text {
    char bytes[512];
    size_t used;
};

void text_add(struct text *, const char *) NONNULL;
void text_add_number(struct text *, long) NONNULL;

#endif
