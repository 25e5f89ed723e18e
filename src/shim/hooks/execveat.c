/* SPDX-License-Identifier: MIT */
#include "shim/hook.h"

#include "shim/sharing.h"

HOOK_WHILE(CONCERN_DESCRIPTORS, int, execveat,
           (int directory, const char *path, char *const arguments[], char *const environment[],
            int flags),
           (directory, path, arguments, environment, flags))
{
    sharing_before_exec(environment);
    return NEXT(execveat)(directory, path, arguments, environment, flags);
}
