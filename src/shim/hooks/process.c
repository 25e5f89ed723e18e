/* SPDX-License-Identifier: MIT */
/* The process image ends, or another inherits its descriptors. */
#include "shim/hook.h"

#include "shim/ending.h"
#include "shim/sharing.h"

#include <stdarg.h>

NEXT_FIRST(void, _exit, next_functions._exit, (int status), (status))

SHIM_HOOK void _exit(int status)
{
    HOOK_ENTERED(__func__);
    ending_process();
    NEXT(_exit)(status);
    __builtin_unreachable();
}

/* The end of the process by its C99 name. */
SHIM_ALIAS(_exit) __typeof__(_exit) _Exit;

NEXT_FIRST(void, quick_exit, next_functions.quick_exit, (int status), (status))

SHIM_HOOK void quick_exit(int status)
{
    HOOK_ENTERED(__func__);
    ending_process();
    NEXT(quick_exit)(status);
    __builtin_unreachable();
}

/* The variadic ones call the others inside the C library, where no hook sees it. Their arguments
 * can only be passed on as an array, on the stack as the C library has it: nothing may be allocated
 * here. */
#define COLLECT_ARGUMENTS(first, list, array)                                                      \
    char **array;                                                                                  \
    do {                                                                                           \
        size_t count = 1;                                                                          \
        va_list counting;                                                                          \
        va_copy(counting, list);                                                                   \
        while (va_arg(counting, char *))                                                           \
            count++;                                                                               \
        va_end(counting);                                                                          \
        (array) = __builtin_alloca((count + 1) * sizeof(char *));                                  \
        (array)[0] = (char *)(first);                                                              \
        for (size_t i = 1; i <= count; i++)                                                        \
            (array)[i] = va_arg(list, char *);                                                     \
    } while (0)

SHIM_HOOK int execl(const char *path, const char *first, ...)
{
    va_list list;
    va_start(list, first);
    COLLECT_ARGUMENTS(first, list, arguments);
    va_end(list);
    return execv(path, arguments);
}

SHIM_HOOK int execle(const char *path, const char *first, ...)
{
    va_list list;
    va_start(list, first);
    COLLECT_ARGUMENTS(first, list, arguments);
    char **environment = va_arg(list, char **);
    va_end(list);
    return execve(path, arguments, environment);
}

SHIM_HOOK int execlp(const char *file, const char *first, ...)
{
    va_list list;
    va_start(list, first);
    COLLECT_ARGUMENTS(first, list, arguments);
    va_end(list);
    return execvp(file, arguments);
}

HOOK_WHILE(CONCERN_DESCRIPTORS, int, execve,
           (const char *path, char *const arguments[], char *const environment[]),
           (path, arguments, environment))
{
    sharing_before_exec(environment);
    return NEXT(execve)(path, arguments, environment);
}

HOOK_WHILE(CONCERN_DESCRIPTORS, int, execv, (const char *path, char *const arguments[]),
           (path, arguments))
{
    sharing_before_exec(NULL);
    return NEXT(execv)(path, arguments);
}

HOOK_WHILE(CONCERN_DESCRIPTORS, int, execvp, (const char *file, char *const arguments[]),
           (file, arguments))
{
    sharing_before_exec(NULL);
    return NEXT(execvp)(file, arguments);
}

HOOK_WHILE(CONCERN_DESCRIPTORS, int, execvpe,
           (const char *file, char *const arguments[], char *const environment[]),
           (file, arguments, environment))
{
    sharing_before_exec(environment);
    return NEXT(execvpe)(file, arguments, environment);
}

HOOK_WHILE(CONCERN_DESCRIPTORS, int, fexecve,
           (int fd, char *const arguments[], char *const environment[]),
           (fd, arguments, environment))
{
    sharing_before_exec(environment);
    return NEXT(fexecve)(fd, arguments, environment);
}

HOOK_WHILE(CONCERN_DESCRIPTORS, int, posix_spawn,
           (pid_t * pid, const char *path, const posix_spawn_file_actions_t *actions,
            const posix_spawnattr_t *attributes, char *const arguments[],
            char *const environment[]),
           (pid, path, actions, attributes, arguments, environment))
{
    sharing_before_spawn(environment);
    return NEXT(posix_spawn)(pid, path, actions, attributes, arguments, environment);
}

HOOK_WHILE(CONCERN_DESCRIPTORS, int, posix_spawnp,
           (pid_t * pid, const char *file, const posix_spawn_file_actions_t *actions,
            const posix_spawnattr_t *attributes, char *const arguments[],
            char *const environment[]),
           (pid, file, actions, attributes, arguments, environment))
{
    sharing_before_spawn(environment);
    return NEXT(posix_spawnp)(pid, file, actions, attributes, arguments, environment);
}
