/* SPDX-License-Identifier: MIT */
/* The text of unit files. */
#ifndef TFOSHIM_CLI_UNIT_TEXT_H
#define TFOSHIM_CLI_UNIT_TEXT_H

#include "cli/unit.h"

/* What one file adds to the settings, or takes back. A file that cannot be read adds nothing. */
void unit_text_read(const struct tree *, const char *path, struct unit_settings *);

#endif
