/* SPDX-License-Identifier: MIT */
#include "shim/environment.h"

#include "shim/program_memory.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#define LIBRARY "libtfoshim.so"
#define PRELOAD "LD_PRELOAD"
#define DISABLE "TFOSHIM_DISABLE"

bool environment_says_yes(const char *value)
{
    return value && *value && strcmp(value, "0") != 0;
}

static bool names_library(const char *preloaded)
{
    return preloaded && strstr(preloaded, LIBRARY);
}

/* NULL: the variable has another name, or cannot be read. */
static const char *value_of(const char *variable, const char *name)
{
    size_t length = strlen(name);
    if (!program_memory_readable(variable, length + 1) || memcmp(variable, name, length) != 0 ||
        variable[length] != '=' || !program_memory_has_end(variable))
        return NULL;
    return variable + length + 1;
}

/* Of one that cannot be read the kernel says EFAULT, and there is no next image. */
bool environment_has_library(char *const environment[])
{
    bool named = false;
    if (!environment)
        return names_library(getenv(PRELOAD)) && !environment_says_yes(getenv(DISABLE));
    for (; program_memory_readable(environment, sizeof *environment) && *environment;
         environment++) {
        if (environment_says_yes(value_of(*environment, DISABLE)))
            return false;
        named |= names_library(value_of(*environment, PRELOAD));
    }
    return named;
}
