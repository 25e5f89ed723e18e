/* SPDX-License-Identifier: MIT */
/* Colours on stdout: where it is a terminal, unless $NO_COLOR is set or --color says otherwise. */
#ifndef TFOSHIM_CLI_PAINT_H
#define TFOSHIM_CLI_PAINT_H

#include <stdbool.h>

enum paint { PAINT_HEADING, PAINT_GOOD, PAINT_NOTE, PAINT_BAD };

/* The argument of --color: "auto", "always" or "never"; false after a complaint. */
bool paint_choose(const char *when);

/* What to print before a text and after it: escape sequences or nothing. */
const char *paint_on(enum paint);
const char *paint_off(void);

/* For tables of options and for help texts. */
#define PAINT_OPTION                                                                               \
    {                                                                                              \
        "color", required_argument, NULL, 'C'                                                      \
    }
#define PAINT_HELP "      --color WHEN  colours: auto (the default), always or never\n"

#endif
