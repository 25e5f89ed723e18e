/* SPDX-License-Identifier: MIT */
/* Colours on stdout: where it is a terminal, unless $NO_COLOR is set or --color says otherwise. */
#ifndef TFOSHIM_CLI_PAINT_H
#define TFOSHIM_CLI_PAINT_H

#include "cli/options.h"
#include "contract.h"

enum paint { PAINT_HEADING, PAINT_GOOD, PAINT_NOTE, PAINT_BAD };

/* Takes the argument of --color: "auto", "always" or "never". */
int paint_choose(void *request, const struct verb_option *, const char *when) MUST_USE;

/* What to print before a text and after it: escape sequences or nothing. */
const char *paint_on(enum paint);
const char *paint_off(void);

/* For tables of options and for help texts. */
#define PAINT_OPTION                                                                               \
    {                                                                                              \
        .name = "color", .kind = OPTION_TAKE, .take = paint_choose                                 \
    }
#define PAINT_HELP "      --color WHEN  colours: auto (the default), always or never\n"

#endif
