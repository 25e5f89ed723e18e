/* SPDX-License-Identifier: MIT */
/* systemd service units in a file tree: what they set already, and the drop-in that is ours. */
#ifndef TFOSHIM_CLI_UNIT_H
#define TFOSHIM_CLI_UNIT_H

#include "policy/tree.h"

#include <limits.h>
#include <stdbool.h>

#define UNIT_DIRECTORY "/etc/systemd/system"
#define UNIT_DROP_IN "50-tfoshim.conf"
#define UNIT_NAME_MOST 255

struct unit {
    const struct tree *tree;       /* that it is in, and all these names with it */
    char name[UNIT_NAME_MOST + 1]; /* with ".service" */
    char above[PATH_MAX];          /* ROOT/etc/systemd/system */
    char directory[PATH_MAX];      /* NAME.d in it */
    char drop_in[PATH_MAX];        /* ours in it */
    const char *verb;              /* who complains */
};

/* What the unit and its drop-ins say, ours left out. */
struct unit_settings {
    char *preload; /* LD_PRELOAD, or NULL */
    char *program; /* of ExecStart=, or NULL */
    char *later;   /* a drop-in that sorts behind ours and sets LD_PRELOAD, or NULL */
    char *file;    /* an EnvironmentFile=, which would go before all of it, or NULL */
};

/* Fills in the names. False, after a complaint, if this cannot be a service's name. */
bool unit_name(struct unit *, const char *name, const struct tree *, const char *verb);

/* False after a complaint: there is no such unit. */
bool unit_read(const struct unit *, struct unit_settings *);
/* What one file adds to the settings, or takes back. A file that cannot be read adds nothing. */
void unit_read_file(const struct tree *, const char *path, struct unit_settings *);
void unit_settings_free(struct unit_settings *);

/* Is there a drop-in of our name, and did we make it? */
enum unit_drop_in { DROP_IN_NONE, DROP_IN_OURS, DROP_IN_FOREIGN };
enum unit_drop_in unit_drop_in(const struct unit *);

/* Puts the drop-in in place; false after a complaint. `config` may be NULL. */
bool unit_write(const struct unit *, const char *preload, const char *config);

/* Takes it away, and its directory if unit_write() made that; false after a complaint. */
bool unit_remove(const struct unit *);

#endif
