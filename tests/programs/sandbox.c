/* SPDX-License-Identifier: MIT */
/*
 * sandbox ERRNO CALL COMMAND...: runs the command where a system call that tfoshim makes fails; see
 * filters.h.
 */
#include "filters.h"

#include <err.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    if (argc < 4)
        errx(2, "usage: sandbox ERRNO CALL COMMAND...");
    filter_forbid(argv[2], argv[1]);
    execvp(argv[3], argv + 3);
    err(2, "%s", argv[3]);
}
