/* SPDX-License-Identifier: MIT */
#ifndef TFOSHIM_POLICY_DIRECTORY_H
#define TFOSHIM_POLICY_DIRECTORY_H

#include "contract.h"
#include "policy/file.h"

struct listing {
    const char **paths; /* sorted, in the reader's arena */
    size_t count;
    uid_t owner; /* of the directory */
};

/* The files of a directory whose names match. `pattern` is the directory's name, a slash and the
 * pattern, or the pattern alone; `where` is where the directory is asked for. None, if there is no
 * such directory. The directory becomes a source. False after a report. */
bool directory_list(struct reader *, const char *pattern, const struct file *where,
                    struct listing *) NONNULL MUST_USE;

#endif
