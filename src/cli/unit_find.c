/* SPDX-License-Identifier: MIT */
/* Where the files of a unit are, and which go before which, as systemd.unit(5) has it. */
#include "cli/unit.h"
#include "cli/util.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- directories ---- */

#define SYSTEM_OWN "/etc/systemd/system"
#define USER_OWN "C/systemd/user"

static const char *const system_directories[] = {
    "/etc/systemd/system.control",
    "/run/systemd/system.control",
    "/run/systemd/transient",
    "/run/systemd/generator.early",
    SYSTEM_OWN,
    "/etc/systemd/system.attached",
    "/run/systemd/system",
    "/run/systemd/system.attached",
    "/run/systemd/generator",
    "/usr/local/lib/systemd/system",
    "/usr/lib/systemd/system",
    "/lib/systemd/system",
    "/run/systemd/generator.late",
};

/* A letter in front stands for one of the bases. */
static const char *const user_directories[] = {
    "C/systemd/user.control",
    "R/systemd/user.control",
    "R/systemd/transient",
    "R/systemd/generator.early",
    USER_OWN,
    "/etc/xdg/systemd/user",
    "/etc/systemd/user",
    "R/systemd/user",
    "/run/systemd/user",
    "R/systemd/generator",
    "D/systemd/user",
    "/usr/local/share/systemd/user",
    "/usr/share/systemd/user",
    "/usr/local/lib/systemd/user",
    "/usr/lib/systemd/user",
    "R/systemd/generator.late",
};

/* The XDG base directories: a variable, or a directory in $HOME where it is not set. */
static const struct base {
    char letter;
    const char *variable, *in_home;
} bases[] = {
    {'C', "XDG_CONFIG_HOME", "/.config"},
    {'D', "XDG_DATA_HOME", "/.local/share"},
    {'R', "XDG_RUNTIME_DIR", NULL},
};

/* False where this user has no such base, or a relative one, which the specification has ignored.
 */
static bool find_base(char path[PATH_MAX], char letter)
{
    const struct base *base = bases;
    const char *value, *in = "";
    while (base->letter != letter)
        base++;
    value = getenv(base->variable);
    if ((value == NULL || value[0] != '/') && base->in_home != NULL) {
        value = getenv("HOME");
        in = base->in_home;
    }
    return value != NULL && value[0] == '/' &&
           snprintf(path, PATH_MAX, "%s%s", value, in) < PATH_MAX;
}

static bool find_directory(char path[PATH_MAX], const struct tree *tree, const char *name)
{
    char base[PATH_MAX];
    if (name[0] == '/')
        return snprintf(path, PATH_MAX, "%s%s", tree->path, name) < PATH_MAX;
    return find_base(base, name[0]) &&
           snprintf(path, PATH_MAX, "%s%s%s", tree->path, base, name + 1) < PATH_MAX;
}

bool unit_own_directory(char path[PATH_MAX], const struct tree *tree, enum unit_manager manager,
                        const char *verb)
{
    if (find_directory(path, tree, manager == UNIT_SYSTEM ? SYSTEM_OWN : USER_OWN))
        return true;
    complain("%s: cannot tell where the units of this user are: neither XDG_CONFIG_HOME nor HOME "
             "names a directory",
             verb);
    return false;
}

/* The directory by its number; the first goes before the others. False: there are no more. */
static bool next_directory(char path[PATH_MAX], const struct unit *unit, size_t number)
{
    const bool is_system = unit->manager == UNIT_SYSTEM;
    const size_t count = is_system ? sizeof system_directories / sizeof system_directories[0]
                                   : sizeof user_directories / sizeof user_directories[0];
    if (number >= count)
        return false;
    if (!find_directory(path, unit->tree,
                        (is_system ? system_directories : user_directories)[number]))
        path[0] = '\0';
    return true;
}

/* ---- the unit's own file ---- */

bool unit_is_template(const struct unit *unit)
{
    const char *at = strchr(unit->name, '@');
    return at != NULL && strcmp(at, "@.service") == 0;
}

bool unit_template(char name[UNIT_NAME_MOST + 1], const struct unit *unit)
{
    const char *at = strchr(unit->name, '@');
    if (at == NULL || unit_is_template(unit))
        return false;
    snprintf(name, UNIT_NAME_MOST + 1, "%.*s@.service", (int)(at - unit->name), unit->name);
    return true;
}

/* An image need not have a /dev/null for the link to lead to. */
static bool is_link_to_null(const struct tree *tree, const char *directory, const char *name)
{
    char target[sizeof("/dev/null") + 1];
    int fd = tree_open(tree, directory, O_PATH | O_DIRECTORY);
    ssize_t length = fd < 0 ? -1 : readlinkat(fd, name, target, sizeof target);
    if (fd >= 0)
        close(fd);
    return length == (ssize_t)strlen("/dev/null") && memcmp(target, "/dev/null", 9) == 0;
}

/* A link to /dev/null masks a unit, and so does an empty file. */
static enum unit_state look(char path[PATH_MAX], const struct unit *unit, const char *directory,
                            const char *name)
{
    enum unit_state state = UNIT_MISSING;
    struct stat status;
    int fd;
    if (snprintf(path, PATH_MAX, "%s/%s", directory, name) >= PATH_MAX)
        return UNIT_MISSING;
    if (is_link_to_null(unit->tree, directory, name))
        return UNIT_MASKED;
    fd = tree_open_file(unit->tree, path);
    if (fd >= 0 && fstat(fd, &status) == 0)
        state = status.st_size == 0 ? UNIT_MASKED : UNIT_LOADABLE;
    if (fd >= 0)
        close(fd);
    return state;
}

enum unit_state unit_find(char path[PATH_MAX], const struct unit *unit)
{
    char template[UNIT_NAME_MOST + 1], directory[PATH_MAX];
    const char *names[] = {unit->name, unit_template(template, unit) ? template : NULL};
    for (size_t n = 0; n < 2 && names[n] != NULL; n++) {
        for (size_t i = 0; next_directory(directory, unit, i); i++) {
            enum unit_state state =
                directory[0] == '\0' ? UNIT_MISSING : look(path, unit, directory, names[n]);
            if (state != UNIT_MISSING)
                return state;
        }
    }
    return UNIT_MISSING;
}

/* ---- drop-ins ---- */

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
    list->names = need_room(list->names, list->count + 1, sizeof *list->names);
    list->paths = need_room(list->paths, list->count + 1, sizeof *list->paths);
    memmove(list->names + at + 1, list->names + at, (list->count - at) * sizeof *list->names);
    memmove(list->paths + at + 1, list->paths + at, (list->count - at) * sizeof *list->paths);
    list->names[at] = need_memory(strdup(name));
    list->paths[at] = path;
    list->count++;
}

static void add_directory(struct drop_ins *list, const struct tree *tree, const char *path)
{
    int fd = tree_open(tree, path, O_RDONLY | O_DIRECTORY);
    const struct dirent *entry;
    DIR *directory;
    if (fd < 0)
        return;
    directory = need_memory(fdopendir(fd));
    while ((entry = readdir(directory)) != NULL)
        if (is_drop_in(entry->d_name))
            add(list, entry->d_name, need_text("%s/%s", path, entry->d_name));
    closedir(directory);
}

/* The drop-ins of NAME.d of every directory. */
static void add_drop_ins(struct drop_ins *list, const struct unit *unit, const char *name)
{
    char directory[PATH_MAX], path[PATH_MAX];
    for (size_t i = 0; next_directory(directory, unit, i); i++)
        if (directory[0] != '\0' &&
            snprintf(path, sizeof path, "%s/%s.d", directory, name) < PATH_MAX)
            add_directory(list, unit->tree, path);
}

/* From the most special to the most general: the unit's own, its template's, those of
 * "a-b-.service" and "a-.service" for a-b-c.service, and those of every service. */
static void find_drop_ins(struct drop_ins *list, const struct unit *unit)
{
    char name[UNIT_NAME_MOST + sizeof("-.service")];
    add_drop_ins(list, unit, unit->name);
    if (unit_template(name, unit))
        add_drop_ins(list, unit, name);
    for (size_t i = strcspn(unit->name, "@."); i-- > 0;) {
        if (unit->name[i] != '-')
            continue;
        snprintf(name, sizeof name, "%.*s-.service", (int)i, unit->name);
        add_drop_ins(list, unit, name);
    }
    add_drop_ins(list, unit, "service");
}

void unit_each_drop_in(const struct unit *unit, unit_drop_in_reader *read,
                       struct unit_settings *settings)
{
    struct drop_ins list = {.count = 0};
    find_drop_ins(&list, unit);
    for (size_t i = 0; i < list.count; i++) {
        read(unit, list.names[i], list.paths[i], settings);
        free(list.names[i]);
        free(list.paths[i]);
    }
    free(list.names);
    free(list.paths);
}
