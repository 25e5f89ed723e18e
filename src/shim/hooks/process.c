/* SPDX-License-Identifier: MIT */
/* The process image ends, or another inherits its descriptors. */
#include "shim/hook.h"

SHIM_HOOK void _exit(int status)
{
    connection_before_exit();
    NEXT(_exit)(status);
    __builtin_unreachable();
}

/* The end of the process by its C99 name. */
SHIM_ALIAS(_exit) __typeof__(_exit) _Exit;

SHIM_HOOK int execve(const char *path, char *const arguments[], char *const environment[])
{
    connection_before_exec();
    return NEXT(execve)(path, arguments, environment);
}

SHIM_HOOK int execv(const char *path, char *const arguments[])
{
    connection_before_exec();
    return NEXT(execv)(path, arguments);
}

SHIM_HOOK int execvp(const char *file, char *const arguments[])
{
    connection_before_exec();
    return NEXT(execvp)(file, arguments);
}

SHIM_HOOK int execvpe(const char *file, char *const arguments[], char *const environment[])
{
    connection_before_exec();
    return NEXT(execvpe)(file, arguments, environment);
}

SHIM_HOOK int fexecve(int fd, char *const arguments[], char *const environment[])
{
    connection_before_exec();
    return NEXT(fexecve)(fd, arguments, environment);
}

SHIM_HOOK int posix_spawn(pid_t *pid, const char *path, const posix_spawn_file_actions_t *actions,
                          const posix_spawnattr_t *attributes, char *const arguments[],
                          char *const environment[])
{
    connection_before_spawn();
    return NEXT(posix_spawn)(pid, path, actions, attributes, arguments, environment);
}

SHIM_HOOK int posix_spawnp(pid_t *pid, const char *file, const posix_spawn_file_actions_t *actions,
                           const posix_spawnattr_t *attributes, char *const arguments[],
                           char *const environment[])
{
    connection_before_spawn();
    return NEXT(posix_spawnp)(pid, file, actions, attributes, arguments, environment);
}
