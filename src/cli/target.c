/* SPDX-License-Identifier: MIT */
#include "cli/target.h"

#include <elf.h>
#include <fcntl.h>
#include <link.h>
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

/* Does starting it change who we are? The kernel then has the loader ignore the environment. The
 * file may be one that we can execute but not read. */
static const char *privilege_obstacle(const char *path)
{
    struct stat status;

    if (stat(path, &status) != 0)
        return NULL;
    if (status.st_mode & S_ISUID && status.st_uid != geteuid())
        return "it is set-uid";
    if (status.st_mode & S_ISGID && status.st_mode & S_IXGRP && status.st_gid != getegid())
        return "it is set-gid";
    if (geteuid() != 0 && getxattr(path, "security.capability", NULL, 0) > 0)
        return "it has file capabilities";
    return NULL;
}

/* An ELF program of our own kind without PT_INTERP has no loader to preload anything. */
static const char *elf_obstacle(int fd)
{
    ElfW(Ehdr) header;

    if (pread(fd, &header, sizeof(header), 0) != sizeof(header) ||
        memcmp(header.e_ident, ELFMAG, SELFMAG) != 0)
        return NULL;
    if (header.e_ident[EI_CLASS] != (sizeof(void *) == 8 ? ELFCLASS64 : ELFCLASS32))
        return "it is of another architecture";
    for (unsigned i = 0; i < header.e_phnum; i++) {
        ElfW(Phdr) segment;
        off_t at = (off_t)(header.e_phoff + (size_t)i * header.e_phentsize);

        if (pread(fd, &segment, sizeof(segment), at) != sizeof(segment) ||
            segment.p_type == PT_INTERP)
            return NULL;
    }
    return "it is statically linked";
}

const char *target_obstacle(const char *path)
{
    const char *obstacle = privilege_obstacle(path);
    int fd;

    if (obstacle != NULL)
        return obstacle;
    fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return NULL;
    obstacle = elf_obstacle(fd);
    close(fd);
    return obstacle;
}
