/* SPDX-License-Identifier: MIT */
#include "cli/preload.h"
#include "cli/util.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LIBRARY "libtfoshim.so"
/* What separates the entries of LD_PRELOAD: no entry can hold one. */
#define SEPARATORS ": "

/* Beside the command first: in a build tree the library that was built with it is the right one. */
static char *find_beside_command(char path[PATH_MAX])
{
    ssize_t length = readlink("/proc/self/exe", path, PATH_MAX - sizeof("/" LIBRARY));
    char *slash;

    if (length <= 0)
        return NULL;
    path[length] = '\0';
    slash = strrchr(path, '/');
    if (slash == NULL)
        return NULL;
    memcpy(slash, "/" LIBRARY, sizeof("/" LIBRARY));
    return path;
}

static const char *find_library(char path[PATH_MAX])
{
    static const char installed[] = TFOSHIM_LIBDIR "/" LIBRARY;
    const char *beside = find_beside_command(path);

    if (beside != NULL && access(beside, R_OK) == 0)
        return beside;
    if (access(installed, R_OK) == 0)
        return installed;
    if (beside != NULL)
        complain("run: cannot find " LIBRARY ": looked for %s and %s", beside, installed);
    else
        complain("run: cannot find " LIBRARY ": looked for %s", installed);
    return NULL;
}

static bool is_listed(const char *list, const char *library)
{
    const size_t length = strlen(library);

    for (;;) {
        size_t entry;

        list += strspn(list, SEPARATORS);
        entry = strcspn(list, SEPARATORS);
        if (entry == 0)
            return false;
        if (entry == length && memcmp(list, library, length) == 0)
            return true;
        list += entry;
    }
}

bool preload_library(void)
{
    const char *list = getenv("LD_PRELOAD"), *library;
    char path[PATH_MAX], *longer = NULL;
    bool done;

    library = find_library(path);
    if (library == NULL)
        return false;
    if (strpbrk(library, SEPARATORS) != NULL) {
        complain("run: cannot preload \"%s\": LD_PRELOAD takes no blank or colon in a name",
                 library);
        return false;
    }
    if (list != NULL && is_listed(list, library))
        return true;
    if (list != NULL && list[0] != '\0') {
        if (asprintf(&longer, "%s:%s", list, library) < 0)
            longer = NULL;
        library = need_memory(longer);
    }
    done = setenv("LD_PRELOAD", library, 1) == 0;
    if (!done)
        complain_errno("run: cannot set LD_PRELOAD");
    free(longer);
    return done;
}
