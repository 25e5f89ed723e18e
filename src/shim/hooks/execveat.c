/* SPDX-License-Identifier: MIT */
#include "shim/hook.h"

SHIM_HOOK int execveat(int directory, const char *path, char *const arguments[],
                       char *const environment[], int flags)
{
    connection_before_exec();
    return NEXT(execveat)(directory, path, arguments, environment, flags);
}
