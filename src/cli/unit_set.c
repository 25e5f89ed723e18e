/* SPDX-License-Identifier: MIT */
#include "cli/unit_set.h"
#include "cli/systemctl.h"
#include "cli/util.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool unit_set_add(struct unit_set *set, const char *name)
{
    struct unit unit;
    if (!unit_name(&unit, name, set->tree, set->manager, set->verb))
        return false;
    for (size_t i = 0; i < set->count; i++)
        if (strcmp(set->all[i].name, unit.name) == 0)
            return true;
    set->all = need_room(set->all, set->count + 1, sizeof *set->all);
    set->all[set->count++] = unit;
    return true;
}

void unit_set_free(struct unit_set *set)
{
    free(set->all);
}

/* ---- those that were enabled ---- */

/* NULL where there is no such directory; false after a complaint. */
static bool open_units(const struct unit_set *set, DIR **directory)
{
    char path[PATH_MAX];
    int fd;
    *directory = NULL;
    if (!unit_own_directory(path, set->tree, set->manager, set->verb))
        return false;
    fd = tree_open(set->tree, path, O_RDONLY | O_DIRECTORY);
    if (fd >= 0)
        *directory = need_memory(fdopendir(fd));
    else if (errno != ENOENT) {
        complain_errno("%s: cannot read %s", set->verb, path);
        return false;
    }
    return true;
}

/* "nginx.service.d" may hold a drop-in of nginx.service. */
static bool has_drop_ins(const char *directory, char name[NAME_MAX + 1])
{
    if (fnmatch("?*.service.d", directory, FNM_PERIOD) != 0)
        return false;
    snprintf(name, NAME_MAX + 1, "%.*s", (int)(strlen(directory) - strlen(".d")), directory);
    return true;
}

static int by_name(const void *left, const void *right)
{
    return strcmp(((const struct unit *)left)->name, ((const struct unit *)right)->name);
}

bool unit_set_add_enabled(struct unit_set *set)
{
    char name[NAME_MAX + 1];
    const struct dirent *entry;
    DIR *directory;
    if (!open_units(set, &directory))
        return false;
    while (directory != NULL && (entry = readdir(directory)) != NULL)
        if (has_drop_ins(entry->d_name, name) && unit_set_add(set, name) &&
            unit_drop_in(&set->all[set->count - 1]) != DROP_IN_OURS)
            set->count--;
    if (directory != NULL)
        closedir(directory);
    if (set->count > 0)
        qsort(set->all, set->count, sizeof *set->all, by_name);
    return true;
}

/* ---- putting it into effect ---- */

/* The first word is for the manager of a user alone. */
static size_t first_word(const struct unit_set *set)
{
    return set->manager == UNIT_USER ? 0 : 1;
}

/* "try-restart" and the units that there are, NULL at the end. A template does not run, its
 * instances do. */
static char **restart_words(const struct unit_set *set, size_t *count)
{
    char path[PATH_MAX], **words = need_room(NULL, set->count + 3, sizeof *words);
    *count = 0;
    words[(*count)++] = need_text("--user");
    words[(*count)++] = need_text("try-restart");
    for (size_t i = 0; i < set->count; i++) {
        const char *name = set->all[i].name;
        if (unit_find(path, &set->all[i]) != UNIT_LOADABLE)
            continue;
        words[(*count)++] = unit_is_template(&set->all[i])
                                ? need_text("%.*s*.service", (int)strcspn(name, "@") + 1, name)
                                : need_text("%s", name);
    }
    words[*count] = NULL;
    return words;
}

static void free_words(char **words)
{
    for (size_t i = 0; words[i] != NULL; i++)
        free(words[i]);
    free(words);
}

bool unit_set_restart(const struct unit_set *set)
{
    static const char *const reload[] = {"--user", "daemon-reload", NULL};
    size_t count;
    char **words = restart_words(set, &count);
    bool done = systemctl_do(reload + first_word(set), set->verb);
    if (done && count > 2)
        done = systemctl_do((const char *const *)words + first_word(set), set->verb);
    free_words(words);
    return done;
}

/* Quoted where a shell would take it for more than its letters. */
static void print_words(char **words)
{
    fputs("systemctl", stdout);
    for (size_t i = 0; words[i] != NULL; i++) {
        const char *quote = strpbrk(words[i], "*?[\\") != NULL ? "'" : "";
        printf(" %s%s%s", quote, words[i], quote);
    }
}

void unit_set_hint(const struct unit_set *set)
{
    size_t count;
    char **words = restart_words(set, &count);
    printf("to put it into effect: systemctl%s daemon-reload",
           set->manager == UNIT_USER ? " --user" : "");
    if (count > 2) {
        fputs(" && ", stdout);
        print_words(words + first_word(set));
    }
    putchar('\n');
    free_words(words);
}
