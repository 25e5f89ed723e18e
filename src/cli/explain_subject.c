/* SPDX-License-Identifier: MIT */
#include "cli/explain.h"
#include "cli/util.h"

#include <stdio.h>
#include <string.h>

void explain_as_program(struct policy_subject *subject, const char *name)
{
    const char *slash = strrchr(name, '/');

    subject->program = slash == NULL ? name : slash + 1;
    subject->executable = slash == NULL ? NULL : name;
}

static char *cgroups;

static const char *tell_cgroups(void)
{
    return cgroups;
}

void explain_in_unit(struct policy_subject *subject, const char *unit)
{
    need_memory(asprintf(&cgroups, "0::/%s", unit) < 0 ? NULL : cgroups);
    subject->cgroups = tell_cgroups;
}
