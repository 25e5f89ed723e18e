/* SPDX-License-Identifier: MIT */
/* What the library in a process goes by: its policy, and its memory of destinations. */
#include "cli/doctor.h"
#include "cli/doctor_process.h"
#include "cli/util.h"
#include "memory/memory.h"
#include "path/path.h"
#include "policy/compile.h"
#include "policy/rules.h"
#include "policy/search.h"

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void ignore_report(void *context, const char *message)
{
    (void)context;
    (void)message;
}

static void examine_shared_policy(const struct process *seen)
{
    struct rule_file *now;
    if (seen->version[0] == '\0') {
        finding(FINDING_PROBLEM, "configuration", seen->policy,
                "configuration: %s: the library does nothing until this is corrected",
                seen->refusal);
        return;
    }
    finding(FINDING_OK, "configuration", seen->policy, "configuration: %s, version %s",
            seen->policy, seen->version);
    if (seen->refusal != NULL) {
        finding(FINDING_NOTE, "configuration", seen->policy,
                "configuration: %s: that version stays until this is corrected", seen->refusal);
        return;
    }
    now = rules_read(seen->policy, NULL, ignore_report, NULL);
    if (now != NULL && strtoul(seen->version, NULL, 16) != now->written)
        finding(FINDING_NOTE, "configuration", seen->policy,
                "configuration: it has changed since (version %08" PRIx32
                "): a process applies the "
                "change within seconds, unless it is in a sandbox",
                now->written);
    if (now != NULL)
        rules_free(now);
}

/* Names of files mean others in another root. */
static bool has_our_root(const struct patient *patient)
{
    char root[PATH_MAX];
    patient_path(root, patient, "root");
    return is_same_file(root, "/");
}

static char *cgroups;

static const char *tell_cgroups(void)
{
    return cgroups;
}

/* What a process does not share nobody else can see, as when its file had just been written: what
 * it must be is made again. */
static void examine_own_policy(struct patient *patient, const char *path)
{
    char executable[PATH_MAX], link[PATH_MAX], *words;
    struct policy_subject subject = {
        .executable = executable, .user = patient->user, .cgroups = tell_cgroups};
    size_t size;
    ssize_t length;
    patient_path(link, patient, "exe");
    length = readlink(link, executable, sizeof executable - 1);
    executable[length > 0 ? length : 0] = '\0';
    words = process_strings(patient->pid, "cmdline", &size);
    subject.program = words == NULL ? NULL : path_base(words);
    cgroups = process_strings(patient->pid, "cgroup", &size);
    if (cgroups == NULL)
        subject.cgroups = NULL;
    patient->policy = policy_compile(path, &subject, ignore_report, NULL);
    if (patient->policy != NULL)
        finding(FINDING_OK, "configuration", path, "configuration: %s, in a private copy", path);
    else
        finding(FINDING_NOTE, "configuration", path,
                "configuration: %s, which has errors now: tfoshim check %s", path, path);
    free(words);
    free(cgroups);
}

void doctor_policy(struct patient *patient)
{
    char path[PATH_MAX];
    /* Its user may have written to what it was copied from. */
    if (patient->seen.in_force != NULL && policy_is_usable(patient->seen.in_force))
        patient->policy = patient->seen.in_force;
    if (patient->seen.policy != NULL)
        examine_shared_policy(&patient->seen);
    else if (!has_our_root(patient))
        finding(FINDING_NOTE, "configuration", NULL,
                "configuration: not visible from here: the process has its own root "
                "directory (a container): run doctor inside");
    else if (!patient->has_environment && !patient->is_secure)
        finding(FINDING_NOTE, "configuration", NULL,
                "configuration: unknown without the environment of the process");
    else if (policy_search(path, sizeof path, !patient->is_secure))
        examine_own_policy(patient, path);
    else {
        finding(FINDING_OK, "configuration", NULL,
                "configuration: no file, so the built-in policy applies");
        patient->policy = policy_builtin;
    }
}

/* ---- its memory ---- */

/* The file that names it: in the first of these that there is. */
static bool find_memory(const struct patient *patient, char path[PATH_MAX])
{
    const char *given = patient->has_environment ? getenv("XDG_RUNTIME_DIR") : NULL;
    char usual[64];
    snprintf(usual, sizeof usual, "/run/user/%u", (unsigned)patient->user);
    const char *const directories[] = {given, usual, "/run"};
    for (size_t i = 0; i < sizeof directories / sizeof directories[0]; i++)
        if (directories[i] != NULL &&
            snprintf(path, PATH_MAX, "/proc/%d/root%s" MEMORY_FILE, patient->pid, directories[i]) <
                PATH_MAX &&
            memory_is_named_by(patient->seen.memory, path)) {
            snprintf(path, PATH_MAX, "%s" MEMORY_FILE, directories[i]);
            return true;
        }
    return false;
}

void doctor_memory(const struct patient *patient)
{
    char path[PATH_MAX];
    if (patient->seen.memory < 0 && patient->seen.is_apart)
        finding(FINDING_NOTE, "memory", NULL,
                "memory of destinations: cannot be seen: the process is in another "
                "IPC namespace");
    else if (patient->seen.memory < 0)
        finding(FINDING_NOTE, "memory", NULL,
                "memory of destinations: not shared: the library does nothing in "
                "this process, or shared memory was not available");
    else if (memory_is_of_user(patient->seen.memory))
        finding(FINDING_OK, "memory", NULL,
                "memory of destinations: the default one of user %u, who has no runtime directory",
                (unsigned)patient->user);
    else if (find_memory(patient, path))
        finding(FINDING_OK, "memory", path, "memory of destinations: %s", path);
    else
        finding(FINDING_NOTE, "memory", NULL,
                "memory of destinations: its file was removed or replaced since: "
                "programs that start now have another one");
}
