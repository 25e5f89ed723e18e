/* SPDX-License-Identifier: MIT */
#include "shim/hook.h"

#include "shim/sharing.h"

SHIM_HOOK int execveat(int directory, const char *path, char *const arguments[],
                       char *const environment[], int flags)
{
    HOOK_CALLED();
    sharing_before_exec();
    return NEXT(execveat)(directory, path, arguments, environment, flags);
}
