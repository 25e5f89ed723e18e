/* SPDX-License-Identifier: MIT */
/*
 * The files of a system: this one, or one in a directory (an image). There every name is looked up
 * as the image's own programs would: its absolute links and ".." stay beneath its root, so that
 * whoever made the image cannot have files of this system read or written.
 */
#ifndef TFOSHIM_POLICY_TREE_H
#define TFOSHIM_POLICY_TREE_H

#include "contract.h"

#include <limits.h>
#include <stdbool.h>

struct tree {
    int fd;              /* of its root */
    char path[PATH_MAX]; /* of its root, without a slash at the end: "" is this system. All names
                            that the functions below take begin with it. */
};

/* False if `directory` cannot be one (errno says why). */
bool tree_find(struct tree *, const char *directory) NONNULL MUST_USE;

/* Opens what is there already; -1 if that fails. To make, rename or remove something, open its
 * directory, and name it by that. */
int tree_open(const struct tree *, const char *name, int flags) NONNULL;

/* Opens a regular file for reading: a FIFO or device is EINVAL. */
int tree_open_file(const struct tree *, const char *name) NONNULL;

/* Can others than root, and than who asks, change this file, or put another in its place? `where`
 * is what they can write to: the file, or a directory on the way to it. */
bool tree_is_exposed(const struct tree *, const char *name, char where[PATH_MAX]) NONNULL MUST_USE;

#endif
