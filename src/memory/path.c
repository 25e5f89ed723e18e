/* SPDX-License-Identifier: MIT */
/* Where the file is that names the memory. */
#include "memory/digits.h"
#include "memory/memory.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define USERS "/run/user/"

/* XDG's base directory specification: an absolute path, the user's own. sudo(8) may hand root
 * somebody else's. */
static bool is_ours(const char *directory)
{
    struct stat status;
    return directory[0] == '/' && stat(directory, &status) == 0 && S_ISDIR(status.st_mode) &&
           status.st_uid == geteuid() && !(status.st_mode & (S_IWGRP | S_IWOTH));
}

static bool file_in(char *path, size_t size, const char *directory)
{
    if (!is_ours(directory) || strlen(directory) + sizeof(MEMORY_FILE) > size)
        return false;
    memcpy(stpcpy(path, directory), MEMORY_FILE, sizeof(MEMORY_FILE));
    return true;
}

bool memory_path(char *path, size_t size, bool trust_environment)
{
    const char *given = trust_environment ? getenv("XDG_RUNTIME_DIR") : NULL;
    char directory[sizeof(USERS) + DIGITS_MOST];
    int saved = errno;
    bool found;
    digits_put(stpcpy(directory, USERS), geteuid());
    found = (given && file_in(path, size, given)) || file_in(path, size, directory) ||
            (geteuid() == 0 && file_in(path, size, "/run"));
    errno = saved;
    return found;
}
