/* SPDX-License-Identifier: MIT */
/* What the files of the reading stage share: the run's state and its error messages. */
#ifndef TFOSHIM_POLICY_READER_H
#define TFOSHIM_POLICY_READER_H

#include "contract.h"
#include "policy/rules.h"

#include <libconfig.h>
#include <sys/types.h>

/* Where a line of the joined text (all includes in place) comes from. */
struct origin {
    const char *file;
    uint32_t line;
};

struct source_line {
    struct origin origin;
    size_t offset; /* in the text */
};

struct source {
    char *text; /* ends with a NUL, holds none before it */
    size_t length;
    size_t capacity;
    struct source_line *lines;
    size_t line_count;
};

/* Where a key that several files may have was found first. */
struct said {
    const void *group;
    const char *key;
    struct origin where;
};

struct reader {
    struct rule_file *file;
    const struct tree *tree; /* NULL: this system */
    struct source source;    /* the file at work, of those that make up the policy */
    unsigned files;          /* that have been read */
    struct said *said;
    size_t said_count;
    const char *users; /* the text of /etc/passwd, once a rule has named one */
    int given;         /* what is read in the place of the file that is named, or -1 */
    uid_t owner;       /* of the file that was named */
    bool is_secret;    /* an included file is; nothing is quoted any more */
    int fd;            /* the file that is being read, or -1 */
    config_t config;
    bool config_live;
    unsigned errors;
    policy_report *report;
    void *context;
};

/* Reports "file:line: message", counts it. Where something secret has been read, the message is
 * left out. */
void reader_error(struct reader *, const struct origin *, const char *format, ...)
    __attribute__((format(printf, 3, 4))) NONNULL;

/* Reports "file:line: key: found ..., expected `expected`" for a setting of the configuration, or
 * for an element of one. */
void reader_unexpected(struct reader *, const config_setting_t *, const char *expected) NONNULL;

/* The same for a string of which more can be said: `found` follows the quoted string. */
void reader_unexpected_text(struct reader *, const config_setting_t *, const char *found,
                            const char *expected) NONNULL;

struct origin reader_origin(const struct reader *, const config_setting_t *) NONNULL;

/* Reads `path` with all it includes into reader->source; false after a report. A drop-in may belong
 * to another than who owns its directory, reader->owner. */
bool source_read(struct reader *, const char *path, bool is_drop_in) NONNULL MUST_USE;

/* The text of a line of the joined text, without the blanks around it. */
const char *source_line(const struct source *, size_t line, size_t *length) NONNULL MUST_USE;

/* The settings of reader->config into reader->file (settings.c). */
void settings_read(struct reader *) NONNULL;

#endif
