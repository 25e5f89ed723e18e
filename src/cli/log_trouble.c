/* SPDX-License-Identifier: MIT */
#include "cli/log_trouble.h"
#include "policy/log_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char *unless_accessible(const char *path, int mode)
{
    return faccessat(AT_FDCWD, path, mode, AT_EACCESS) == 0 ? NULL : strerror(errno);
}

/* It is made with the first line, where its directory lets it be. */
static const char *before_the_first_line(const char *to)
{
    char directory[PATH_MAX];
    snprintf(directory, sizeof directory, "%.*s", (int)(strrchr(to, '/') - to), to);
    return unless_accessible(directory[0] == '\0' ? "/" : directory, W_OK | X_OK);
}

const char *log_trouble(const char *to)
{
    const char *refusal;
    struct stat status;
    if (to[0] != '/')
        return NULL;
    if (lstat(to, &status) != 0)
        return errno == ENOENT ? before_the_first_line(to) : strerror(errno);
    refusal = log_file_refusal(status.st_mode, status.st_nlink, status.st_uid, geteuid());
    return refusal != NULL ? refusal : unless_accessible(to, W_OK);
}
