/* SPDX-License-Identifier: MIT */
/* Why nothing could come of a drop-in. */
#ifndef TFOSHIM_CLI_ENABLE_REFUSAL_H
#define TFOSHIM_CLI_ENABLE_REFUSAL_H

#include "cli/unit.h"
#include "contract.h"

#include <stdbool.h>

struct enable_plan {
    const struct unit *unit;
    struct unit_settings settings;
    const char *library; /* its name in the unit's tree */
    char *preload;       /* what the drop-in is to say */
    const char *config;  /* or NULL */
};

/* To be freed; NULL: nothing speaks against it. */
char *enable_refusal(const struct enable_plan *) NONNULL MUST_USE;

#endif
