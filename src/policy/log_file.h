/* SPDX-License-Identifier: MIT */
/* Which file the log is written to: nobody else may have put it there, or have it under another
 * name. The library asks so for each line, the command to tell why there are none. */
#ifndef TFOSHIM_POLICY_LOG_FILE_H
#define TFOSHIM_POLICY_LOG_FILE_H

#include <stddef.h>
#include <sys/stat.h>
#include <sys/types.h>

/* Why `user` writes no line to such a file; NULL: he does. */
static inline const char *log_file_refusal(mode_t mode, nlink_t links, uid_t owner, uid_t user)
{
    if (S_ISLNK(mode))
        return "found a symbolic link, expected a regular file";
    if (!S_ISREG(mode))
        return "found a directory, device, FIFO or socket, expected a regular file";
    if (links != 1)
        return "found a file with other hard links, expected a single link";
    return owner == 0 || owner == user
               ? NULL
               : "found a file of another user, expected one of this user or root";
}

#endif
