/* SPDX-License-Identifier: MIT */
#ifndef TFOSHIM_POLICY_FILE_H
#define TFOSHIM_POLICY_FILE_H

#include "contract.h"
#include "policy/reader.h"

#include <sys/stat.h>

/* What a line of it begins in. */
struct scan {
    enum { SCAN_CODE, SCAN_STRING, SCAN_COMMENT } state;
    struct origin opened; /* where the current string or comment began */
};

struct file {
    const char *path;
    const struct file *includer;
    bool is_drop_in;     /* of the directory beside the file that was named */
    struct origin where; /* of the @include, for errors; of the file itself for the first */
    dev_t device;
    ino_t inode;
    struct scan scan;
};

/* Its text, in the reader's arena; false after a report. */
bool file_load(struct reader *, struct file *, char **text, size_t *length) NONNULL MUST_USE;

/* Reports what speaks against the file, where it is included or as such; false. */
bool file_refuse(struct reader *, const struct file *, const char *what) NONNULL MUST_USE;
/* The same with what errno says. */
bool file_refuse_errno(struct reader *, const struct file *) NONNULL MUST_USE;

/* open(), in the system that the configuration is of. */
int file_open(const struct reader *, const char *path, int flags) NONNULL;

/* Up to `size` bytes of an open one; -1 with errno. */
ssize_t file_read(int fd, char *buffer, size_t size) NONNULL MUST_USE;

/* Why it must not be used, NULL if it may. */
const char *file_objection(const struct stat *) NONNULL;

/* Notes a source, before it is read: what is written meanwhile changes the stamp, or leaves it
 * unsettled. */
void file_note(struct rule_file *, const struct file *, const struct stat *) NONNULL;
/* One that would be a source if it were there. */
void file_note_absence(struct rule_file *, const struct file *) NONNULL;
/* One that could not be opened, as errno says, which is kept. */
void file_note_failure(struct rule_file *, const struct file *) NONNULL;

#endif
