/* SPDX-License-Identifier: MIT */
/*
 * Reads as much of a service unit as is needed to keep what it preloads: systemd.unit(5) says where
 * its files are and which go before which, systemd.exec(5) what Environment= may look like.
 */
#include "cli/unit.h"
#include "cli/unit_text.h"
#include "cli/util.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *const directories[] = {
    "/etc/systemd/system",     "/run/systemd/system", "/usr/local/lib/systemd/system",
    "/usr/lib/systemd/system", "/lib/systemd/system",
};
#define DIRECTORY_COUNT (sizeof(directories) / sizeof(directories[0]))

/* Drop-ins of a unit, by their file names, each from the directory that goes before the others. */
struct drop_ins {
    char **names;
    char **paths;
    size_t count;
};

static bool is_drop_in(const char *name)
{
    const size_t length = strlen(name);

    return name[0] != '.' && length > 5 && strcmp(name + length - 5, ".conf") == 0;
}

/* Keeps them sorted; a name that is there already came from a directory that goes before this one.
 */
static void add(struct drop_ins *list, const char *name, char *path)
{
    size_t at = 0;

    while (at < list->count && strcmp(list->names[at], name) < 0)
        at++;
    if (at < list->count && strcmp(list->names[at], name) == 0) {
        free(path);
        return;
    }
    list->names = need_memory(realloc(list->names, (list->count + 1) * sizeof(*list->names)));
    list->paths = need_memory(realloc(list->paths, (list->count + 1) * sizeof(*list->paths)));
    memmove(list->names + at + 1, list->names + at, (list->count - at) * sizeof(*list->names));
    memmove(list->paths + at + 1, list->paths + at, (list->count - at) * sizeof(*list->paths));
    list->names[at] = need_memory(strdup(name));
    list->paths[at] = path;
    list->count++;
}

static void add_directory(struct drop_ins *list, const struct tree *tree, const char *path)
{
    int fd = tree_open(tree, path, O_RDONLY | O_DIRECTORY);
    const struct dirent *entry;
    DIR *directory;
    char *file;

    if (fd < 0)
        return;
    directory = need_memory(fdopendir(fd));
    while ((entry = readdir(directory)) != NULL) {
        if (!is_drop_in(entry->d_name))
            continue;
        if (asprintf(&file, "%s/%s", path, entry->d_name) < 0)
            file = NULL;
        add(list, entry->d_name, need_memory(file));
    }
    closedir(directory);
}

/* The drop-ins of NAME.d of every directory. */
static void add_drop_ins(struct drop_ins *list, const struct unit *unit, const char *name)
{
    char path[PATH_MAX];

    for (size_t i = 0; i < DIRECTORY_COUNT; i++)
        if (snprintf(path, sizeof(path), "%s%s/%s.d", unit->tree->path, directories[i], name) <
            PATH_MAX)
            add_directory(list, unit->tree, path);
}

/* "a@b.service" is an instance of "a@.service"; false if the unit is none. */
static bool template_of(char template[UNIT_NAME_MOST + 1], const struct unit *unit)
{
    const char *at = strchr(unit->name, '@');

    if (at == NULL)
        return false;
    snprintf(template, UNIT_NAME_MOST + 1, "%.*s@.service", (int)(at - unit->name), unit->name);
    return true;
}

/* From the most special to the most general: the unit's own, its template's, those of
 * "a-b-.service" and "a-.service" for a-b-c.service, and those of every service. */
static void find_drop_ins(struct drop_ins *list, const struct unit *unit)
{
    char name[UNIT_NAME_MOST + sizeof("-.service")];

    add_drop_ins(list, unit, unit->name);
    if (template_of(name, unit))
        add_drop_ins(list, unit, name);
    for (size_t i = strcspn(unit->name, "@."); i-- > 0;) {
        if (unit->name[i] != '-')
            continue;
        snprintf(name, sizeof(name), "%.*s-.service", (int)i, unit->name);
        add_drop_ins(list, unit, name);
    }
    add_drop_ins(list, unit, "service");
}

/* A link to /dev/null, which masks a unit, is none. */
static bool is_file(const struct tree *tree, char path[PATH_MAX], const char *directory,
                    const char *name)
{
    int fd = -1;

    if (snprintf(path, PATH_MAX, "%s%s/%s", tree->path, directory, name) < PATH_MAX)
        fd = tree_open_file(tree, path);
    if (fd >= 0)
        close(fd);
    return fd >= 0;
}

static bool find_unit_file(char path[PATH_MAX], const struct unit *unit)
{
    char template[UNIT_NAME_MOST + 1];
    const char *names[] = {unit->name, template_of(template, unit) ? template : NULL};

    for (size_t n = 0; n < 2 && names[n] != NULL; n++)
        for (size_t i = 0; i < DIRECTORY_COUNT; i++)
            if (is_file(unit->tree, path, directories[i], names[n]))
                return true;
    return false;
}

static void read_drop_ins(const struct unit *unit, struct unit_settings *settings)
{
    struct drop_ins list = {.count = 0};

    find_drop_ins(&list, unit);
    for (size_t i = 0; i < list.count; i++) {
        char *before = settings->preload;

        /* The one that is about to be made hides those of its name that are for more units. */
        if (strcmp(list.names[i], UNIT_DROP_IN) != 0) {
            before = before == NULL ? NULL : need_memory(strdup(before));
            unit_text_read(unit->tree, list.paths[i], settings);
            if (strcmp(list.names[i], UNIT_DROP_IN) > 0 && settings->preload != NULL &&
                (before == NULL || strcmp(before, settings->preload) != 0)) {
                free(settings->later);
                settings->later = need_memory(strdup(list.paths[i]));
            }
            free(before);
        }
        free(list.names[i]);
        free(list.paths[i]);
    }
    free(list.names);
    free(list.paths);
}

bool unit_read(const struct unit *unit, struct unit_settings *settings)
{
    char path[PATH_MAX];

    *settings = (struct unit_settings){.preload = NULL};
    if (!find_unit_file(path, unit)) {
        complain("%s: there is no unit %s%s%s", unit->verb, unit->name,
                 unit->tree->path[0] == '\0' ? "" : " in ", unit->tree->path);
        return false;
    }
    unit_text_read(unit->tree, path, settings);
    read_drop_ins(unit, settings);
    return true;
}

void unit_settings_free(struct unit_settings *settings)
{
    free(settings->preload);
    free(settings->program);
    free(settings->later);
    free(settings->file);
}
