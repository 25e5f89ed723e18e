/* SPDX-License-Identifier: MIT */
#ifndef TFOSHIM_POLICY_FILE_H
#define TFOSHIM_POLICY_FILE_H

#include "policy/reader.h"
#include "policy/scan.h"

struct file {
    const char *path;
    const struct file *includer;
    struct origin where; /* of the @include, for errors; of the file itself for the first */
    dev_t device;
    ino_t inode;
    struct scan scan;
};

/* Its text, in the reader's arena; false after a report. */
bool file_load(struct reader *, struct file *, char **text, size_t *length);

/* Reports what speaks against the file, where it is included or as such; false. */
bool file_refuse(struct reader *, const struct file *, const char *what);

#endif
