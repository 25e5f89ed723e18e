/* SPDX-License-Identifier: MIT */
/* systemd service units in a file tree: what they set already, and the drop-in that is ours. */
#ifndef TFOSHIM_CLI_UNIT_H
#define TFOSHIM_CLI_UNIT_H

#include "contract.h"
#include "policy/tree.h"

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

#define UNIT_DROP_IN "50-tfoshim.conf"
#define UNIT_NAME_MOST 255

/* Who starts the services: the system, or the caller's own manager ("systemctl --user"). */
enum unit_manager { UNIT_SYSTEM, UNIT_USER };

struct unit {
    const struct tree *tree; /* that it is in, and all these names with it */
    enum unit_manager manager;
    char name[UNIT_NAME_MOST + 1]; /* with ".service" */
    char above[PATH_MAX];          /* ROOT/etc/systemd/system, ~/.config/systemd/user */
    char directory[PATH_MAX];      /* NAME.d in it */
    char drop_in[PATH_MAX];        /* ours in it */
    const char *verb;              /* who complains */
};

/* NULL at its end, or NULL if it is empty. */
struct unit_words {
    char **all;
    size_t count;
};

/* Of ExecStart=; a service of Type=oneshot may have several. */
struct unit_command {
    struct unit_words words;
    bool is_privileged; /* "+" and "!": not as User= says */
};

/* What the unit and its drop-ins say, ours left out. */
struct unit_settings {
    char *preload;         /* LD_PRELOAD, or NULL */
    unsigned preload_said; /* how often it was set or taken back */
    struct unit_command *commands;
    size_t command_count;
    struct unit_words unset; /* UnsetEnvironment= */
    struct unit_words binds; /* BindPaths= and BindReadOnlyPaths= */
    char *user, *group, *root_directory, *root_image;
    bool has_dynamic_user, has_no_new_privileges;
    char *later; /* a drop-in that sorts behind ours and sets LD_PRELOAD, or NULL */
    char *file;  /* an EnvironmentFile=, which would go before all of it, or NULL */
};

/* ---- where a unit is ---- */

/* Fills in the names. False, after a complaint, if this cannot be a service's name. */
bool unit_name(struct unit *, const char *name, const struct tree *, enum unit_manager,
               const char *verb) NONNULL MUST_USE;

/* "a@.service", of which "a@b.service" is an instance. */
bool unit_is_template(const struct unit *) NONNULL;
/* False if the unit is no instance. */
bool unit_template(char name[UNIT_NAME_MOST + 1], const struct unit *) NONNULL MUST_USE;

/* The directory that drop-ins of a manager's units are made in. False after a complaint. */
bool unit_own_directory(char path[PATH_MAX], const struct tree *, enum unit_manager,
                        const char *verb) NONNULL MUST_USE;

/* A directory that files of the unit may be in, by its number: the first goes before the others,
 * and those that there are not for this user are "". False: there are no more. */
bool unit_directory(char path[PATH_MAX], const struct unit *, size_t number) NONNULL MUST_USE;

/* `path` is the unit's file, or what masks it. */
enum unit_state { UNIT_MISSING, UNIT_MASKED, UNIT_LOADABLE };
enum unit_state unit_find(char path[PATH_MAX], const struct unit *) NONNULL;

/* ---- what it says ---- */

/* False after a complaint: there is no such unit, or it is masked. */
bool unit_read(const struct unit *, struct unit_settings *) NONNULL MUST_USE;
/* What one file adds to the settings, or takes back. A file that cannot be read adds nothing. */
void unit_read_file(const struct tree *, const char *path, struct unit_settings *) NONNULL;
void unit_settings_free(struct unit_settings *) NONNULL;

/* ---- our drop-in ---- */

/* Is there a drop-in of our name, and did we make it? */
enum unit_drop_in { DROP_IN_NONE, DROP_IN_OURS, DROP_IN_FOREIGN };
enum unit_drop_in unit_drop_in(const struct unit *) NONNULL;

/* Puts the drop-in in place; false after a complaint. `config` may be NULL. */
bool unit_write(const struct unit *, const char *preload, const char *config) MUST_USE;

/* Takes it away, and its directory if unit_write() made that; false after a complaint. */
bool unit_remove(const struct unit *) NONNULL MUST_USE;

#endif
