/* SPDX-License-Identifier: MIT */
/* The units that a command is for. */
#ifndef TFOSHIM_CLI_UNIT_SET_H
#define TFOSHIM_CLI_UNIT_SET_H

#include "cli/unit.h"

#include <stdbool.h>
#include <stddef.h>

struct unit_set {
    const struct tree *tree;
    enum unit_manager manager;
    const char *verb; /* who complains */
    struct unit *all;
    size_t count;
};

/* One that is there already counts once. False, after a complaint, if it cannot be a service. */
bool unit_set_add(struct unit_set *, const char *name);
/* Those with a drop-in of ours, by name; false after a complaint. */
bool unit_set_add_enabled(struct unit_set *);
void unit_set_free(struct unit_set *);

/* Says how what was changed is put into effect, or does it: systemd reads the units again, and
 * those that run are restarted. False after a complaint. */
void unit_set_hint(const struct unit_set *);
bool unit_set_restart(const struct unit_set *);

#endif
