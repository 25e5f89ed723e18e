/* SPDX-License-Identifier: MIT */
#include "cli/doctor_process.h"
#include "cli/attach_target.h"
#include "cli/doctor.h"
#include "cli/elf_file.h"
#include "cli/preload.h"
#include "cli/target.h"
#include "cli/unit.h"
#include "cli/util.h"
#include "cli/verbs.h"
#include "kernel/netns.h"

#include <errno.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What the kernel puts behind the name of a file that is there no more. */
#define GONE " (deleted)"

/* Takes GONE off the name; false: it has none. */
static bool take_gone(char *name)
{
    const size_t length = strlen(name), gone = strlen(GONE);
    if (length <= gone || strcmp(name + length - gone, GONE) != 0)
        return false;
    name[length - gone] = '\0';
    return true;
}

/* ---- who it is ---- */

/* False: it has no program. */
static bool examine_program(const struct patient *patient)
{
    char link[PATH_MAX], name[PATH_MAX];
    ssize_t length;
    patient_path(link, patient, "exe");
    length = readlink(link, name, sizeof name - 1);
    if (length < 0 && errno == ENOENT) {
        finding(FINDING_PROBLEM, "program", NULL,
                "it has no program: it has ended, or is a kernel thread");
        return false;
    }
    if (length < 0) {
        finding(FINDING_NOTE, "program", NULL, "program: cannot be read: %s", strerror(errno));
        return true;
    }
    name[length] = '\0';
    if (take_gone(name))
        finding(FINDING_NOTE, "program", name, "program: %s, which was replaced or removed since",
                name);
    else
        finding(FINDING_OK, "program", name, "program: %s", name);
    return true;
}

/* "Uid: REAL EFFECTIVE SAVED FILES" */
static void find_user_of(struct patient *patient)
{
    char value[64], *effective;
    patient->user = (uid_t)-1;
    if (!process_status(patient->pid, "Uid", value, sizeof value))
        return;
    strtoul(value, &effective, 10);
    patient->user = (uid_t)strtoul(effective, NULL, 10);
}

static void examine_user(const struct patient *patient)
{
    const struct passwd *entry = getpwuid(patient->user);
    if (entry != NULL)
        finding(FINDING_OK, "user", entry->pw_name, "user: %s (%u)", entry->pw_name,
                (unsigned)patient->user);
    else
        finding(FINDING_OK, "user", NULL, "user: %u", (unsigned)patient->user);
}

/* ---- its environment ---- */

static const char *value_in(const char *strings, size_t size, const char *name)
{
    const size_t length = strlen(name);
    for (const char *at = strings; at < strings + size; at += strlen(at) + 1)
        if (strncmp(at, name, length) == 0 && at[length] == '=')
            return at + length + 1;
    return NULL;
}

/* What of its environment concerns the library becomes ours, so that whatever reads ours, as the
 * library reads its own, answers for the process. */
static void take_environment(struct patient *patient)
{
    static const char *const names[] = {
        "LD_PRELOAD",  "TFOSHIM_CONFIG",  "TFOSHIM_DISABLE", "TFOSHIM_DRY_RUN",
        "TFOSHIM_LOG", "XDG_CONFIG_HOME", "XDG_RUNTIME_DIR", "HOME"};
    size_t size;
    char *strings = process_strings(patient->pid, "environ", &size);
    if (strings == NULL) {
        finding(FINDING_NOTE, "environment", NULL, "environment: cannot be read: %s",
                strerror(errno));
        return;
    }
    /* Programs that change what ps(1) shows of them write over it. */
    patient->has_environment = memchr(strings, '=', size) != NULL || size == 0;
    if (!patient->has_environment)
        finding(FINDING_NOTE, "environment", NULL,
                "environment: unknown, as the program has overwritten it");
    for (size_t i = 0; patient->has_environment && i < sizeof names / sizeof names[0]; i++) {
        const char *value = value_in(strings, size, names[i]);
        if (value == NULL)
            unsetenv(names[i]);
        else
            setenv(names[i], value, 1);
    }
    free(strings);
}

/* ---- the library ---- */

/* Is it the one that this command preloads? Where there is none to compare with, too. */
static bool is_this_commands(const struct patient *patient, const char *library)
{
    char ours[PATH_MAX], narrow[PATH_MAX], path[PATH_MAX + 32];
    snprintf(path, sizeof path, "/proc/%d/root%s", patient->pid, library);
    return !preload_find(ours, NULL) || access(path, F_OK) != 0 || is_same_file(path, ours) ||
           (preload_find_narrow(narrow, ours) && is_same_file(path, narrow));
}

static void examine_mapped(const struct patient *patient)
{
    char *library = patient->seen.library;
    if (take_gone(library)) {
        finding(FINDING_NOTE, "library", library,
                "library: %s, which was replaced or removed since: the process uses the old "
                "one until it is restarted",
                library);
        return;
    }
    finding(FINDING_OK, "library", library, "library: %s", library);
    if (!is_this_commands(patient, library))
        finding(FINDING_NOTE, "library", library,
                "library: not the one that belongs to this command");
}

static void how_to_preload(const struct patient *patient)
{
    if (patient->unit == NULL)
        finding_remedy("restart it", "tfoshim run PROGRAM ...");
    else if (patient->has_drop_in)
        finding_remedy("restart it", "systemctl daemon-reload && systemctl restart %s",
                       patient->unit);
    else
        finding_remedy("restart it",
                       "tfoshim enable %s && systemctl daemon-reload && systemctl restart %s",
                       patient->unit, patient->unit);
}

/* Its LD_PRELOAD names the library: the dynamic linker has said why not, on its standard error. */
static void examine_named(const struct patient *patient, const char *list)
{
    char entry[PATH_MAX], path[PATH_MAX + 32];
    const char *why = "its user cannot read, or is for another C library or architecture";
    preload_entry(entry, list, PRELOAD_LIBRARY);
    snprintf(path, sizeof path, "/proc/%d/root%s", patient->pid, entry);
    if (entry[0] == '/' && strchr(entry, '$') == NULL && access(path, F_OK) != 0)
        why = "is not there";
    finding(FINDING_PROBLEM, "library", entry,
            "library: not in the process: its LD_PRELOAD names %s, which %s", entry, why);
}

static void examine_unpreloaded(const struct patient *patient)
{
    const char *list = getenv("LD_PRELOAD");
    if (!patient->has_environment) {
        finding(FINDING_PROBLEM, "library", NULL,
                "library: not in the process; its LD_PRELOAD is unknown");
    } else if (list != NULL && preload_has(list, PRELOAD_LIBRARY)) {
        examine_named(patient, list);
        return;
    } else {
        finding(FINDING_PROBLEM, "library", NULL,
                "library: not in the process: %s when it was started%s",
                list == NULL ? "LD_PRELOAD was not set" : "LD_PRELOAD did not contain it",
                patient->has_drop_in ? ", before the drop-in took effect" : "");
        if (doctor_variable_is_set("TFOSHIM_DISABLE"))
            finding(FINDING_NOTE, "disabled", NULL,
                    "TFOSHIM_DISABLE is set: the library would do nothing");
    }
    how_to_preload(patient);
}

/* Why not, and what there is for servers that cannot be preloaded. */
static void examine_unmapped(const struct patient *patient)
{
    char program[PATH_MAX];
    struct elf_facts facts;
    const char *obstacle;
    patient_path(program, patient, "exe");
    obstacle = target_obstacle_for(program, NULL);
    if (obstacle != NULL)
        finding(FINDING_PROBLEM, "library", NULL,
                "library: not in the process: %s: LD_PRELOAD has no effect on it", obstacle);
    else if (patient->is_secure)
        finding(FINDING_PROBLEM, "library", NULL,
                "library: not in the process: it was started with additional privileges "
                "(set-uid, set-gid or file capabilities), so LD_PRELOAD had no effect");
    else
        examine_unpreloaded(patient);
    if (elf_examine(&facts, program) && facts.is_go)
        finding(FINDING_NOTE, "go", NULL,
                "compiled by Go: its network code makes system calls directly, "
                "without the C library");
    finding_remedy("for a running server", "tfoshim attach %d", patient->pid);
}

/* ---- its network namespace ---- */

static void examine_kernel(const struct patient *patient)
{
    char within[64];
    bool is_ours;
    const long value = fastopen_of_process(patient->pid, &is_ours);
    snprintf(within, sizeof within, "nsenter --net --target %d ", patient->pid);
    if (!is_ours)
        finding(FINDING_NOTE, "namespace", NULL,
                "it is in another network namespace than this command, with "
                "its own settings, cookies and counters");
    if (value >= 0)
        doctor_fastopen(value, is_ours ? "" : within);
    else
        finding_remedy("only root can read its setting", "%ssysctl net.ipv4.tcp_fastopen", within);
}

/* ---- all of it ---- */

static void examine_library(struct patient *patient)
{
    if (patient->seen.library == NULL) {
        examine_unmapped(patient);
        return;
    }
    examine_mapped(patient);
    if (patient->has_environment)
        doctor_environment();
    if (patient->has_environment && doctor_variable_is_set("TFOSHIM_DRY_RUN"))
        finding(FINDING_NOTE, "dry_run", NULL, "TFOSHIM_DRY_RUN is set: the library only counts");
    doctor_policy(patient);
    doctor_memory(patient);
}

/* False after a complaint: there is none. */
static bool begin(struct patient *patient)
{
    find_user_of(patient);
    if (patient->user == (uid_t)-1) {
        complain("doctor: there is no process %d", patient->pid);
        return false;
    }
    return true;
}

static bool examine(struct patient *patient)
{
    char text[PROCESS_TEXT_MOST], *title;
    bool done;
    process_text(text, patient->pid);
    title = need_text("process %s", text);
    doctor_section("process", title);
    free(title);
    if (!examine_program(patient))
        return true;
    examine_user(patient);
    patient->is_secure = process_is_secure(patient->pid);
    if (process_read(&patient->seen, patient->pid, patient->user)) {
        if (!patient->is_secure)
            take_environment(patient);
        examine_library(patient);
        examine_kernel(patient);
    } else {
        finding(FINDING_NOTE, "library", NULL, "library: cannot be examined: %s", strerror(errno));
    }
    done = doctor_listeners(patient);
    process_drop(&patient->seen);
    return done;
}

bool doctor_process(pid_t pid)
{
    struct patient patient = {.pid = pid};
    return begin(&patient) && examine(&patient);
}

/* Services get the library by other means, too, such as a drop-in for all of them. */
static bool examine_drop_in(const struct unit *unit)
{
    switch (unit_drop_in(unit)) {
    case DROP_IN_OURS:
        finding(FINDING_OK, "drop_in", unit->drop_in, "drop-in: %s", unit->drop_in);
        return true;
    case DROP_IN_FOREIGN:
        finding(FINDING_NOTE, "drop_in", unit->drop_in, "drop-in: %s, which tfoshim did not create",
                unit->drop_in);
        return true;
    default:
        finding(FINDING_NOTE, "drop_in", unit->drop_in, "drop-in: there is no %s", unit->drop_in);
        return false;
    }
}

bool doctor_unit(const char *name, pid_t *pid)
{
    struct tree here;
    struct patient patient = {.pid = 0};
    struct attach_target target;
    struct unit unit;
    bool done = false;
    if (!tree_find(&here, "/")) {
        complain_errno("doctor: cannot read the unit files");
        return false;
    }
    if (!unit_name(&unit, name, &here, UNIT_SYSTEM, "doctor"))
        return false;
    patient.unit = unit.name;
    doctor_section("service", unit.name);
    patient.has_drop_in = examine_drop_in(&unit);
    if (attach_target_find(&target, name, "doctor") == EXIT_SUCCESS) {
        *pid = patient.pid = target.processes[0];
        done = begin(&patient) && examine(&patient);
    }
    attach_target_free(&target);
    return done;
}
