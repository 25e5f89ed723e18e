/* SPDX-License-Identifier: MIT */
/* systemctl(1), which says itself what it complains of. */
#ifndef TFOSHIM_CLI_SYSTEMCTL_H
#define TFOSHIM_CLI_SYSTEMCTL_H

#include <stdbool.h>
#include <stdio.h>
#include <sys/types.h>

struct systemctl {
    pid_t child;
    FILE *answer;
};

/* Starts it with these arguments, NULL at their end; `answer` is its standard output. False (errno
 * says why) if it cannot be started. */
bool systemctl_ask(struct systemctl *, const char *const arguments[]);
/* Did it succeed? */
bool systemctl_end(struct systemctl *);

/* Has it put something into effect; false after a complaint. */
bool systemctl_do(const char *const arguments[], const char *verb);

#endif
