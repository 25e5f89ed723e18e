/* SPDX-License-Identifier: MIT */
/*
 * Opening the file, or making it. It is made under another name and renamed into place, complete:
 * two that make it at a time agree on one, and nobody ever sees half a file.
 */
#include "memory/digits.h"
#include "memory/table.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define MAGIC "tfoshim\n"
#define TEMPORARY ".new-"
#define NAME_SIZE (sizeof(TEMPORARY) + (size_t)3 * (DIGITS_MOST + 1))
#define ATTEMPTS 4

/* A place in a directory that is ours. */
struct place {
    int directory;
    const char *name;
    struct table_header expected;
};

enum state { FILE_GOOD, FILE_ABSENT, FILE_DAMAGED, FILE_REFUSED };

static bool expect(struct table_header *header)
{
    int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
    ssize_t length = -1;

    memset(header, 0, sizeof(*header));
    memcpy(header->magic, MAGIC, sizeof(header->magic));
    header->version = TABLE_VERSION;
    header->size = sizeof(struct table);
    if (fd >= 0) {
        length = read(fd, header->boot_id, sizeof(header->boot_id) - 1);
        close(fd);
    }
    return length > 0;
}

/* NULL if it may be opened. */
static const char *objection(const struct stat *status)
{
    if (S_ISLNK(status->st_mode))
        return "it is a symbolic link";
    if (!S_ISREG(status->st_mode))
        return "it is not a regular file";
    if (status->st_uid != geteuid())
        return "it belongs to somebody else";
    if ((status->st_mode & 07777) != 0600)
        return "its mode is not 0600";
    return status->st_nlink == 1 ? NULL : "it has other hard links";
}

static enum state look_inside(int fd, const struct place *place, const struct stat *status,
                              const char **reason)
{
    struct table_header header;
    ssize_t length = pread(fd, &header, sizeof(header), 0);

    if (length == (ssize_t)sizeof(header) &&
        memcmp(header.magic, place->expected.magic, sizeof(header.magic)) == 0 &&
        header.version > TABLE_VERSION) {
        *reason = "a newer version made it";
        return FILE_REFUSED;
    }
    if (length != (ssize_t)sizeof(header) || status->st_size != (off_t)sizeof(struct table) ||
        memcmp(&header, &place->expected, sizeof(header)) != 0)
        return FILE_DAMAGED;
    return FILE_GOOD;
}

/* Looks before it opens, for opening a device may do something; and again after. */
static enum state open_file(const struct place *place, int *fd, struct stat *status,
                            const char **reason)
{
    enum state state;

    if (fstatat(place->directory, place->name, status, AT_SYMLINK_NOFOLLOW) != 0) {
        *reason = "it cannot be looked at";
        return errno == ENOENT ? FILE_ABSENT : FILE_REFUSED;
    }
    *reason = objection(status);
    if (*reason)
        return FILE_REFUSED;
    *fd = openat(place->directory, place->name,
                 O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (*fd < 0) {
        *reason = "it cannot be opened";
        return errno == ENOENT ? FILE_ABSENT : FILE_REFUSED;
    }
    *reason = fstat(*fd, status) == 0 ? objection(status) : "it cannot be looked at";
    state = *reason ? FILE_REFUSED : look_inside(*fd, place, status, reason);
    if (state != FILE_GOOD)
        close(*fd);
    return state;
}

/* Room for all of it, so that no write to the mapping can find the file system full: that would be
 * a SIGBUS. Beyond the limit of file sizes the kernel would send SIGXFSZ. */
static bool fill(int fd, const struct table_header *header)
{
    struct rlimit limit;
    int error, attempts = ATTEMPTS;

    if (getrlimit(RLIMIT_FSIZE, &limit) != 0 || limit.rlim_cur < sizeof(struct table))
        return false;
    do
        error = posix_fallocate(fd, 0, sizeof(struct table));
    while (error == EINTR && --attempts > 0);
    return error == 0 && fchmod(fd, 0600) == 0 &&
           pwrite(fd, header, sizeof(*header), 0) == (ssize_t)sizeof(*header);
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
        return "it cannot be made";
    done = fill(fd, &place->expected);
    close(fd);
    if (done &&
        renameat2(place->directory, name, place->directory, place->name, RENAME_NOREPLACE) == 0)
        return NULL;
    done = done && errno == EEXIST;
    unlinkat(place->directory, name, 0);
    return done ? NULL : "there is no room for it";
}

/* Unless somebody has replaced it already. */
static void remove_damaged(const struct place *place, const struct stat *damaged)
{
    struct stat status;

    if (fstatat(place->directory, place->name, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
        status.st_dev == damaged->st_dev && status.st_ino == damaged->st_ino)
        unlinkat(place->directory, place->name, 0);
}

/* Whoever made it, what is mapped is what stands under the name. */
static const char *map_place(const struct place *place, struct table **table)
{
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
        struct stat status;
        const char *reason = NULL;
        int fd = -1;
        enum state state = open_file(place, &fd, &status, &reason);

        if (state == FILE_GOOD) {
            void *mapped =
                mmap(NULL, sizeof(struct table), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

            close(fd);
            *table = mapped == MAP_FAILED ? NULL : mapped;
            return *table ? NULL : "it cannot be mapped";
        }
        if (state == FILE_REFUSED)
            return reason;
        if (state == FILE_DAMAGED)
            remove_damaged(place, &status);
        reason = make_file(place);
        if (reason)
            return reason;
    }
    return "others keep removing it";
}

static const char *open_directory(const char *path, const char *slash, int *directory)
{
    char name[PATH_MAX];
    struct stat status;
    size_t length = (size_t)(slash - path);

    if (length == 0 || length >= sizeof(name))
        return "its path is none";
    memcpy(name, path, length);
    name[length] = '\0';
    /* Whatever the umask. */
    if (mkdir(name, 0700) == 0 ? chmod(name, 0700) != 0 : errno != EEXIST)
        return "its directory cannot be made";
    *directory = open(name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (*directory < 0)
        return "its directory cannot be opened";
    if (fstat(*directory, &status) == 0 && status.st_uid == geteuid() &&
        (status.st_mode & 0777) == 0700)
        return NULL;
    close(*directory);
    return "its directory is not ours alone";
}

const char *table_map(const char *path, struct table **table)
{
    const char *slash = strrchr(path, '/');
    struct place place = {.name = slash ? slash + 1 : path};
    const char *reason =
        slash && slash[1] ? open_directory(path, slash, &place.directory) : "its path is none";

    if (reason)
        return reason;
    reason = expect(&place.expected) ? map_place(&place, table) : "the boot has no identity here";
    close(place.directory);
    return reason;
}
