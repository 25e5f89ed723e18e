/* SPDX-License-Identifier: MIT */
/* early ADDRESS PORT: talks to a server from a library's constructor, and again from main(). */
#include "early-library.h"

#include <err.h>

int main(int argc, char **argv)
{
    if (argc != 3)
        errx(2, "usage: early ADDRESS PORT");
    early_converse(argv[1], argv[2]);
    return 0;
}
