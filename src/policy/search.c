/* SPDX-License-Identifier: MIT */
#include "policy/search.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FILE_NAME "tfoshim.conf"

const char policy_system_file[] = TFOSHIM_SYSCONFDIR "/" FILE_NAME;

/* Joins directory and file; false if that does not fit. Not snprintf(): the preloaded library keeps
 * clear of stdio. */
static bool join(char *path, size_t size, const char *directory, const char *file)
{
    if (strlen(directory) + strlen(file) >= size)
        return false;
    memcpy(stpcpy(path, directory), file, strlen(file) + 1);
    return true;
}

static void add(struct policy_places *places, const char *directory, const char *file)
{
    const char *last = places->count > 0 ? places->paths[places->count - 1] : NULL;
    char *path =
        last == NULL ? places->text : places->text + (last - places->text) + strlen(last) + 1;
    if (join(path, PATH_MAX, directory, file))
        places->paths[places->count++] = path;
}

/* XDG's base directory specification has relative directories ignored. */
static void add_in(struct policy_places *places, const char *directory, const char *file)
{
    if (directory != NULL && directory[0] == '/')
        add(places, directory, file);
}

void policy_places_find(struct policy_places *places, bool trust_environment)
{
    places->count = 0;
    places->is_named = false;
    if (trust_environment) {
        const char *given = getenv("TFOSHIM_CONFIG"), *base = getenv("XDG_CONFIG_HOME");
        if (given != NULL) {
            places->is_named = true;
            if (given[0] != '\0')
                add(places, given, "");
            return;
        }
        if (base != NULL && base[0] == '/')
            add_in(places, base, "/" FILE_NAME);
        else
            add_in(places, getenv("HOME"), "/.config/" FILE_NAME);
    }
    add(places, policy_system_file, "");
}

unsigned policy_places_search(const struct policy_places *places)
{
    unsigned i = 0;
    while (i < places->count && !places->is_named && access(places->paths[i], F_OK) != 0)
        i++;
    return i;
}

bool policy_search(char *path, size_t size, bool trust_environment)
{
    struct policy_places places;
    unsigned found;
    policy_places_find(&places, trust_environment);
    found = policy_places_search(&places);
    return found < places.count && join(path, size, places.paths[found], "");
}
