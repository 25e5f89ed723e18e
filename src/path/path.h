/* SPDX-License-Identifier: MIT */
/* Names of files as texts. */
#ifndef TFOSHIM_PATH_PATH_H
#define TFOSHIM_PATH_PATH_H

#include <string.h>

/* What follows the last slash. Not the C library's basename(): of its two, either may be declared,
 * and one writes to what it is given. */
static inline const char *path_base(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

#endif
