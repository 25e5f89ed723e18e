/* SPDX-License-Identifier: MIT */
#include "cli/target.h"
#include "cli/elf_file.h"
#include "cli/preload.h"
#include "path/path.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

static bool is_executable(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0 && S_ISREG(status.st_mode) && access(path, X_OK) == 0;
}

bool target_find(char *path, size_t size, const char *program)
{
    const char *list = getenv("PATH");
    if (strchr(program, '/') != NULL)
        return (size_t)snprintf(path, size, "%s", program) < size && is_executable(path);
    if (list == NULL)
        list = "/bin:/usr/bin"; /* as execvp() does */
    for (;;) {
        const int length = (int)strcspn(list, ":");
        /* An empty entry is the current directory. */
        if ((size_t)snprintf(path, size, "%.*s%s%s", length, list, length > 0 ? "/" : "", program) <
                size &&
            is_executable(path))
            return true;
        if (list[length] == '\0')
            return false;
        list += length + 1;
    }
}

/* Does executing it change privileges? The loader then ignores the environment. The file may be
 * executable but not readable. A file's capabilities count even where PR_SET_NO_NEW_PRIVS keeps
 * them from being gained. */
static const char *privilege_obstacle(const char *path, const struct target_user *who)
{
    struct stat status;
    if (stat(path, &status) != 0)
        return NULL;
    if (!who->has_no_new_privileges && status.st_mode & S_ISUID && status.st_uid != who->user)
        return "it is set-uid";
    if (!who->has_no_new_privileges && status.st_mode & S_ISGID && status.st_mode & S_IXGRP &&
        status.st_gid != who->group)
        return "it is set-gid";
    if (who->user != 0 && getxattr(path, "security.capability", NULL, 0) > 0)
        return "it has file capabilities";
    return NULL;
}

/* The library for 32-bit programs may be there as well. */
static const char *narrow_obstacle(void)
{
    char library[PATH_MAX], narrow[PATH_MAX];
    if (preload_find(library, NULL) && preload_find_narrow(narrow, library))
        return NULL;
    return "it is a 32-bit program and the library for those is not installed";
}

/* The library is for programs of the C library that the command was built with. */
#ifdef __GLIBC__
#define FOR_MUSL false
#define OTHER_C_LIBRARY "its C library is musl, and the library is for glibc"
#else
#define FOR_MUSL true
#define OTHER_C_LIBRARY "its C library is glibc, and the library is for musl"
#endif

static const char *elf_obstacle(const char *path)
{
    struct elf_facts facts;
    if (!elf_examine(&facts, path) || !facts.is_elf)
        return NULL;
    if (facts.is_foreign)
        return "it is for another architecture";
    if (facts.is_narrow)
        return narrow_obstacle();
    if (facts.is_static)
        return "it is statically linked";
    return facts.is_musl == FOR_MUSL ? NULL : OTHER_C_LIBRARY;
}

#define SCRIPTS_DEEP 4 /* as the kernel has it */

/* The kernel looks at one line, of 255 bytes. */
static bool first_line(const char *path, char line[256])
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    ssize_t length;
    if (fd < 0)
        return false;
    length = pread(fd, line, 255, 0);
    close(fd);
    if (length <= 2 || line[0] != '#' || line[1] != '!')
        return false;
    line[length] = '\0';
    line[strcspn(line, "\n")] = '\0';
    return true;
}

/* "env -S NAME ...", "env VARIABLE=VALUE NAME": what is neither an option nor an assignment. */
static const char *run_by_env(char **left)
{
    const char *word = strtok_r(NULL, " \t", left);
    while (word != NULL && (word[0] == '-' || strchr(word, '=') != NULL))
        word = strtok_r(NULL, " \t", left);
    return word;
}

bool target_interpreter(char path[PATH_MAX])
{
    char line[256], *left = NULL;
    bool script = false;
    for (int depth = 0; depth < SCRIPTS_DEEP && first_line(path, line); depth++) {
        const char *word = strtok_r(line + 2, " \t", &left);
        if (word != NULL && strcmp(path_base(word), "env") == 0)
            word = run_by_env(&left);
        if (word == NULL)
            return script;
        script = target_find(path, PATH_MAX, word);
        if (!script) {
            snprintf(path, PATH_MAX, "%s", word);
            return false;
        }
    }
    return script;
}

static bool find_program(char program[PATH_MAX], const char *path)
{
    if ((size_t)snprintf(program, PATH_MAX, "%s", path) >= PATH_MAX)
        return false;
    target_interpreter(program);
    return true;
}

/* The kernel does not honour the set-id bits of scripts, so only an interpreter's count. */
const char *target_privilege(const char *path, const struct target_user *who)
{
    char program[PATH_MAX];
    return find_program(program, path) ? privilege_obstacle(program, who) : NULL;
}

const char *target_obstacle_for(const char *path, const struct target_user *who)
{
    char program[PATH_MAX];
    const char *obstacle = who == NULL ? NULL : target_privilege(path, who);
    if (obstacle != NULL || !find_program(program, path))
        return obstacle;
    return elf_obstacle(program);
}

const char *target_obstacle(const char *path)
{
    const struct target_user own = {.user = geteuid(), .group = getegid()};
    return target_obstacle_for(path, &own);
}

bool target_lacks_asan(char name[PRELOAD_NAME_MOST], const char *path, const char *preloads)
{
    char program[PATH_MAX];
    struct elf_facts facts;
    if (preloads != NULL && preload_asan(name, preloads))
        return false;
    if (!find_program(program, path) || !elf_examine(&facts, program) || facts.asan[0] == '\0')
        return false;
    memcpy(name, facts.asan, sizeof facts.asan);
    return true;
}
