/* SPDX-License-Identifier: MIT */
#include "kernel/private_file.h"

#include "kernel/error_text.h"
#include "kernel/tcp.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Not to hang on a FIFO that takes the file's place, nor to follow a link that does. */
#define FLAGS (O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_LARGEFILE)

static const char *objection(const struct stat64 *status)
{
    if (S_ISLNK(status->st_mode))
        return "found a symbolic link, expected a regular file";
    if (!S_ISREG(status->st_mode))
        return "found a directory, device, FIFO or socket, expected a regular file";
    if (status->st_uid != 0 && status->st_uid != geteuid())
        return "found a file of another user, expected one of this user or root";
    if (status->st_mode & 077)
        return "found a file that grants rights to others than its owner, expected mode 0600 or "
               "0400";
    return NULL;
}

static const char *read_from(int fd, char *buffer, size_t size, size_t *length)
{
    struct stat64 status;
    if (fstat64(fd, &status) != 0)
        return error_text(errno);
    if (objection(&status))
        return objection(&status);
    for (*length = 0; *length < size;) {
        long got =
            tcp_call(SYS_read, fd, (long)(buffer + *length), (long)(size - *length), 0, 0, 0);
        if (got == -EINTR)
            continue;
        if (got < 0)
            return error_text((int)-got);
        if (got == 0)
            return NULL;
        *length += (size_t)got;
    }
    return "found a file that is too long, expected a secret";
}

/* Looks before it opens, for opening a device may do something; and again after. */
static const char *read_named(const char *path, char *buffer, size_t size, size_t *length)
{
    struct stat64 status;
    if (lstat64(path, &status) != 0)
        return error_text(errno);
    if (objection(&status))
        return objection(&status);
    int fd = (int)tcp_call(SYS_openat, AT_FDCWD, (long)path, FLAGS, 0, 0, 0);
    if (fd < 0)
        return error_text(-fd);
    const char *problem = read_from(fd, buffer, size, length);
    tcp_call(SYS_close, fd, 0, 0, 0, 0, 0);
    return problem;
}

const char *private_file_read(const char *path, char *buffer, size_t size, size_t *length)
{
    int saved = errno;
    const char *problem = read_named(path, buffer, size, length);
    errno = saved;
    return problem;
}

uint64_t private_file_version(const char *path)
{
    int saved = errno;
    struct stat64 status;
    uint64_t version = UINT64_C(14695981039346656037);
    if (lstat64(path, &status) == 0) {
        /* The time of the last change says of every one, the others of a file put in its place. */
        const uint64_t parts[] = {status.st_dev, status.st_ino, (uint64_t)status.st_ctim.tv_sec,
                                  (uint64_t)status.st_ctim.tv_nsec, (uint64_t)status.st_size};
        for (unsigned i = 0; i < sizeof parts / sizeof *parts; i++)
            version = (version ^ parts[i]) * UINT64_C(1099511628211);
        version |= 1;
    } else {
        version = 0;
    }
    errno = saved;
    return version;
}
