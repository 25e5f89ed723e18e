/* SPDX-License-Identifier: MIT */
/*
 * The file that names a memory. It holds nothing but a number: what is known lies in a segment of
 * shared memory (segment.c), which nobody can cut short and no file system can refuse a page of. So
 * the file may stand anywhere, be deleted at any time, and whatever is done to it reaches no
 * program that has the memory already.
 *
 * It is made under another name and renamed into place, complete: two that make it at a time agree
 * on one, and nobody ever sees half a file.
 */
#include "memory/digits.h"
#include "memory/table.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/fs.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define TEMPORARY ".new-"
#define NAME_SIZE (sizeof(TEMPORARY) + (size_t)3 * (DIGITS_MOST + 1))
#define ATTEMPTS 4

/* A place in a directory. */
struct place {
    int directory;
    const char *name;
    uid_t owner;
};

struct content {
    struct table_mark mark;
    uint64_t token;
};

enum state { FILE_GOOD, FILE_ABSENT, FILE_DAMAGED, FILE_REFUSED };

/* NULL if it may be believed. */
static const char *objection(const struct stat *status, uid_t owner)
{
    if (S_ISLNK(status->st_mode))
        return "found a symbolic link, expected a regular file";
    if (!S_ISREG(status->st_mode))
        return "found a directory, device, FIFO or socket, expected a regular file";
    if (status->st_uid != owner)
        return "found a file of another user, expected one of this user";
    if ((status->st_mode & 07777) != 0600)
        return "found a file of another mode, expected mode 0600";
    return status->st_nlink == 1 ? NULL
                                 : "found a file with other hard links, expected a single link";
}

static enum state look_inside(int fd, const struct stat *status, uint64_t *token,
                              const char **reason)
{
    const struct table_mark expected = TABLE_MARK;
    struct content content;
    ssize_t length = pread(fd, &content, sizeof content, 0);
    if (length >= (ssize_t)sizeof content.mark &&
        memcmp(content.mark.magic, expected.magic, sizeof expected.magic) == 0 &&
        content.mark.version > TABLE_VERSION) {
        *reason = "a newer version has created it";
        return FILE_REFUSED;
    }
    if (length != (ssize_t)sizeof content || status->st_size != (off_t)sizeof content ||
        memcmp(&content.mark, &expected, sizeof expected) != 0 || content.token == 0)
        return FILE_DAMAGED;
    *token = content.token;
    return FILE_GOOD;
}

/* Looks before it opens, for opening a device may do something; and again after. */
static enum state read_file(const struct place *place, uint64_t *token, struct stat *status,
                            const char **reason)
{
    enum state state;
    int fd;
    if (fstatat(place->directory, place->name, status, AT_SYMLINK_NOFOLLOW) != 0) {
        *reason = "cannot be examined";
        return errno == ENOENT ? FILE_ABSENT : FILE_REFUSED;
    }
    *reason = objection(status, place->owner);
    if (*reason)
        return FILE_REFUSED;
    fd = openat(place->directory, place->name,
                O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (fd < 0) {
        *reason = "cannot be opened";
        return errno == ENOENT ? FILE_ABSENT : FILE_REFUSED;
    }
    *reason = fstat(fd, status) == 0 ? objection(status, place->owner) : "cannot be examined";
    state = *reason ? FILE_REFUSED : look_inside(fd, status, token, reason);
    close(fd);
    return state;
}

/* Two files must not name one memory. Without a generator (an early boot, a sandbox) the time and
 * the process will do: what is at stake is a hint. */
static uint64_t new_token(void)
{
    struct timespec time = {0, 0};
    uint64_t token = 0;
    if (getrandom(&token, sizeof token, GRND_NONBLOCK) != (ssize_t)sizeof token) {
        clock_gettime(CLOCK_REALTIME, &time);
        token = (uint64_t)time.tv_sec << 32 ^ (uint64_t)getpid() << 30 ^ (uint64_t)time.tv_nsec;
    }
    return token ? token : 1;
}

/* Beyond the limit of file sizes the kernel would send SIGXFSZ. */
static bool fill(int fd)
{
    const struct content content = {TABLE_MARK, new_token()};
    struct rlimit limit;
    return getrlimit(RLIMIT_FSIZE, &limit) == 0 && limit.rlim_cur >= sizeof content &&
           fchmod(fd, 0600) == 0 &&
           pwrite(fd, &content, sizeof content, 0) == (ssize_t)sizeof content;
}

/* The process's number alone does not do: others may share the directory from another namespace. */
static void temporary_name(char name[NAME_SIZE])
{
    struct timespec time = {0, 0};
    char *end;
    clock_gettime(CLOCK_REALTIME, &time);
    end = digits_put(stpcpy(name, TEMPORARY), (uint64_t)getpid());
    end = digits_put(stpcpy(end, "-"), (uint64_t)time.tv_sec);
    digits_put(stpcpy(end, "-"), (uint64_t)time.tv_nsec);
}

/* NULL also if somebody else was first. */
static const char *make_file(const struct place *place)
{
    char name[NAME_SIZE];
    int fd;
    bool done;
    temporary_name(name);
    fd = openat(place->directory, name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0)
        return "cannot be created";
    done = fill(fd);
    close(fd);
    if (done && syscall(SYS_renameat2, place->directory, name, place->directory, place->name,
                        RENAME_NOREPLACE) == 0)
        return NULL;
    done = done && errno == EEXIST;
    unlinkat(place->directory, name, 0);
    return done ? NULL : "there is no space to create it";
}

/* Unless somebody has replaced it already. */
static void remove_damaged(const struct place *place, const struct stat *damaged)
{
    struct stat status;
    if (fstatat(place->directory, place->name, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
        status.st_dev == damaged->st_dev && status.st_ino == damaged->st_ino)
        unlinkat(place->directory, place->name, 0);
}

/* Whoever made it, what counts is what stands under the name. */
static const char *find_or_make(const struct place *place, uint64_t *token)
{
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
        struct stat status;
        const char *reason = NULL;
        enum state state = read_file(place, token, &status, &reason);
        if (state == FILE_GOOD)
            return NULL;
        if (state == FILE_REFUSED)
            return reason;
        if (state == FILE_DAMAGED)
            remove_damaged(place, &status);
        reason = make_file(place);
        if (reason)
            return reason;
    }
    return "it is removed again and again";
}

static const char *open_directory(const char *path, const char *slash, int *directory)
{
    char name[PATH_MAX];
    struct stat status;
    size_t length = (size_t)(slash - path);
    if (length == 0 || length >= sizeof name)
        return "its path is not usable";
    memcpy(name, path, length);
    name[length] = '\0';
    /* Whatever the umask. */
    if (mkdir(name, 0700) == 0 ? chmod(name, 0700) != 0 : errno != EEXIST)
        return "its directory cannot be created";
    *directory = open(name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (*directory < 0)
        return "its directory cannot be opened";
    if (fstat(*directory, &status) == 0 && status.st_uid == geteuid() &&
        (status.st_mode & 0777) == 0700)
        return NULL;
    close(*directory);
    return "expected a directory of this user with mode 0700";
}

const char *name_make(const char *path, uint64_t *token)
{
    const char *slash = strrchr(path, '/');
    struct place place = {.name = slash ? slash + 1 : path, .owner = geteuid()};
    const char *reason = slash && slash[1] ? open_directory(path, slash, &place.directory)
                                           : "its path is not usable";
    if (reason)
        return reason;
    reason = find_or_make(&place, token);
    close(place.directory);
    return reason;
}

/* No file's: those have 64 bits at random. */
uint64_t name_of_user(uid_t user)
{
    const uint32_t spread = (uint32_t)user * UINT32_C(0x9e3779b1);
    return UINT64_C(0x7466736800000000) | (uint32_t)(spread + UINT32_C(0x7466736d));
}

enum name_found name_look(const char *path, uid_t owner, uint64_t *token, const char **reason)
{
    const struct place place = {AT_FDCWD, path, owner};
    struct stat status;
    *reason = NULL;
    switch (read_file(&place, token, &status, reason)) {
    case FILE_GOOD:
        return NAME_FOUND;
    case FILE_ABSENT:
        *reason = NULL;
        return NAME_ABSENT;
    case FILE_DAMAGED:
        *reason = "found other content, expected the name of a memory";
        break;
    case FILE_REFUSED:
        break;
    }
    return NAME_REFUSED;
}
