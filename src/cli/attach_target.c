/* SPDX-License-Identifier: MIT */
#include "cli/attach_target.h"
#include "cli/systemctl.h"
#include "cli/unit.h"
#include "cli/util.h"
#include "cli/verbs.h"

#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void add(struct attach_target *target, pid_t process)
{
    for (size_t i = 0; i < target->count; i++)
        if (target->processes[i] == process)
            return;
    target->processes = need_room(target->processes, target->count + 1, sizeof *target->processes);
    target->processes[target->count++] = process;
}

/* Services that run others (containers, pools of workers) have groups below their own. */
static void add_group(struct attach_target *target, const char *directory)
{
    DIR *stream = opendir(directory);
    const struct dirent *entry;
    char path[PATH_MAX];
    FILE *list;
    int process;
    if (stream == NULL)
        return;
    snprintf(path, sizeof path, "%s/cgroup.procs", directory);
    list = fopen(path, "re");
    /* NOLINTNEXTLINE(cert-err34-c) ; the kernel writes nothing but numbers */
    while (list != NULL && fscanf(list, "%d", &process) == 1)
        add(target, process);
    if (list != NULL)
        fclose(list);
    while ((entry = readdir(stream)) != NULL)
        if (entry->d_type == DT_DIR && entry->d_name[0] != '.' &&
            snprintf(path, sizeof path, "%s/%s", directory, entry->d_name) < PATH_MAX)
            add_group(target, path);
    closedir(stream);
}

/* The hierarchy in which systemd has its groups: the unified one, or one of its own beside those of
 * the controllers. */
static void add_processes(struct attach_target *target, const struct service *service)
{
    static const char *const hierarchies[] = {"/sys/fs/cgroup", "/sys/fs/cgroup/unified",
                                              "/sys/fs/cgroup/systemd"};
    char path[PATH_MAX];
    if (service->main > 0)
        add(target, service->main);
    for (size_t i = 0; i < sizeof hierarchies / sizeof hierarchies[0]; i++)
        if (service->group != NULL && service->group[0] == '/' && service->group[1] != '\0' &&
            snprintf(path, sizeof path, "%s%s", hierarchies[i], service->group) < PATH_MAX)
            add_group(target, path);
}

static int find_unit(struct attach_target *target, const char *word, const char *verb)
{
    static const struct tree here; /* only for a name's sake */
    struct service service;
    struct unit unit;
    if (!unit_name(&unit, word, &here, UNIT_SYSTEM, verb))
        return EXIT_USAGE;
    target->is_unit = true;
    if (systemctl_show(&service, unit.name, verb)) {
        add_processes(target, &service);
        if (service.is_missing)
            complain("%s: there is no unit %s", verb, unit.name);
        else if (target->count == 0)
            complain("%s: %s is not running", verb, unit.name);
    }
    free(service.group);
    return target->count > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

int attach_target_find(struct attach_target *target, const char *word, const char *verb)
{
    long long process;
    *target = (struct attach_target){.count = 0};
    if (word[strspn(word, "0123456789")] != '\0')
        return find_unit(target, word, verb);
    if (!read_number(&process, word, 1, INT_MAX)) {
        complain("%s: found \"%s\", expected a process number or a systemd service", verb, word);
        return EXIT_USAGE;
    }
    add(target, (pid_t)process);
    return EXIT_SUCCESS;
}

void attach_target_free(struct attach_target *target)
{
    free(target->processes);
}
