/* SPDX-License-Identifier: MIT */
/* A process that `tfoshim doctor` examines. */
#ifndef TFOSHIM_CLI_DOCTOR_PROCESS_H
#define TFOSHIM_CLI_DOCTOR_PROCESS_H

#include "cli/processes.h"

#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>

struct patient {
    pid_t pid;
    uid_t user;                  /* whom it acts as */
    const char *unit;            /* whose main process it is; NULL: it was named by its number */
    bool has_drop_in;            /* the unit has */
    bool is_secure;              /* the dynamic linker and the library ignore its environment */
    bool has_environment;        /* what of it concerns the library is in our own */
    const struct policy *policy; /* that it has; NULL: not known */
    struct process seen;
};

/* /proc/PID/NAME */
static inline void patient_path(char path[PATH_MAX], const struct patient *patient,
                                const char *name)
{
    snprintf(path, PATH_MAX, "/proc/%d/%s", patient->pid, name);
}

static inline bool is_same_file(const char *path, const char *other)
{
    struct stat one, two;
    return stat(path, &one) == 0 && stat(other, &two) == 0 && one.st_ino == two.st_ino &&
           one.st_dev == two.st_dev;
}

/* What the library in it goes by. */
void doctor_policy(struct patient *);
void doctor_memory(const struct patient *);

/* Its listeners, and why they take no data in SYNs. False after a complaint. */
bool doctor_listeners(const struct patient *);

#endif
