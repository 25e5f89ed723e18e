/* SPDX-License-Identifier: MIT */
#include "cli/config_use.h"
#include "cli/util.h"
#include "policy/compile.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

/* The program and its children may well work in another directory. A link is not followed: the
 * directory beside it is the one that counts. */
static bool set_config(const char *file, const char *verb)
{
    char directory[PATH_MAX] = "", path[2 * PATH_MAX];
    if (file[0] == '/' || getcwd(directory, sizeof directory) != NULL) {
        snprintf(path, sizeof path, "%s%s%s", directory, file[0] == '/' ? "" : "/", file);
        if (setenv("TFOSHIM_CONFIG", path, 1) == 0)
            return true;
    }
    complain_errno("%s: cannot use \"%s\" as configuration", verb, file);
    return false;
}

/* A preloaded library would say what is wrong and stay inert; whoever names a file wants to know
 * before the program starts. */
bool config_use(const char *file, const char *verb)
{
    const struct policy *policy = policy_compile(file, NULL, complain_report, NULL);
    if (policy == NULL)
        return false;
    munmap((void *)policy, policy_size(policy));
    return set_config(file, verb);
}
