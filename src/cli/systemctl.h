/* SPDX-License-Identifier: MIT */
/* systemctl(1), which says itself what it complains of. */
#ifndef TFOSHIM_CLI_SYSTEMCTL_H
#define TFOSHIM_CLI_SYSTEMCTL_H

#include "cli/unit.h"
#include "contract.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* What systemd says of a service. */
struct service {
    pid_t main;      /* 0: none */
    char *group;     /* its control group, "/system.slice/nginx.service", or ""; to be freed */
    bool is_missing; /* there is no such unit */
};

/* False after a complaint. */
bool systemctl_show(struct service *, const char *unit, const char *verb) NONNULL MUST_USE;

/* Says how what was changed is put into effect, or does it: systemd reads the units again, and
 * those that run are restarted. They are of one manager, and at least one. False after a complaint.
 */
void systemctl_hint(const struct unit *units, size_t unit_count) NONNULL;
bool systemctl_restart(const struct unit *units, size_t unit_count) NONNULL MUST_USE;

#endif
