/* SPDX-License-Identifier: MIT */
#ifndef TFOSHIM_CLI_VERBS_H
#define TFOSHIM_CLI_VERBS_H

#include "contract.h"

enum {
    EXIT_USAGE = 2,
    /* Those of env(1), for `run`: its own failure, and why the program did not start. */
    EXIT_RUN_FAILED = 125,
    EXIT_CANNOT_EXECUTE = 126,
    EXIT_NOT_FOUND = 127,
};

/* Each gets its own name as argv[0], and returns the exit status. */
#define VERB(name, help) int name##_main(int argc, char **argv) NONNULL MUST_USE;
#include "cli/verbs.def"
#undef VERB

#endif
