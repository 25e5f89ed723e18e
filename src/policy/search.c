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

/* XDG's base directory specification has relative directories ignored. */
static bool find_in(char *path, size_t size, const char *directory, const char *file)
{
    return directory != NULL && directory[0] == '/' && join(path, size, directory, file) &&
           access(path, F_OK) == 0;
}

bool policy_search(char *path, size_t size, bool trust_environment)
{
    if (trust_environment) {
        const char *given = getenv("TFOSHIM_CONFIG"), *base = getenv("XDG_CONFIG_HOME");

        if (given != NULL)
            return given[0] != '\0' && join(path, size, given, "");
        if (base != NULL && base[0] == '/') {
            if (find_in(path, size, base, "/" FILE_NAME))
                return true;
        } else if (find_in(path, size, getenv("HOME"), "/.config/" FILE_NAME)) {
            return true;
        }
    }
    return find_in(path, size, policy_system_file, "");
}
