/* SPDX-License-Identifier: MIT */
/* The files that a pattern stands for. Not by glob(), which knows no tree, and opens directories
 * without a look at whose they are. */
#include "policy/directory.h"
#include "path/path.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define FLAGS (O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)

static size_t name_length(const char *pattern)
{
    return (size_t)(path_base(pattern) - pattern);
}

static const char *directory_name(struct reader *reader, const char *pattern)
{
    const size_t length = name_length(pattern);
    if (length <= 1)
        return length == 0 ? "." : "/";
    return arena_string(&reader->file->arena, pattern, length - 1);
}

static void add(struct reader *reader, struct listing *listing, const char *pattern,
                const char *name)
{
    struct arena *arena = &reader->file->arena;
    const size_t length = name_length(pattern), size = strlen(name);
    char *path;
    /* A pattern does not stand for a name that begins with a dot, unless it says so. */
    if (fnmatch(pattern + length, name, FNM_PERIOD) != 0)
        return;
    path = arena_alloc(arena, length + size + 1);
    memcpy(path, pattern, length);
    memcpy(path + length, name, size + 1);
    listing->paths = arena_grow(arena, listing->paths, listing->count, sizeof *listing->paths);
    listing->paths[listing->count++] = path;
}

/* Not by readdir(), whose memory would be lost where the arena has none left. */
static bool list(struct reader *reader, const struct file *directory, const char *pattern,
                 struct listing *listing)
{
    _Alignas(struct dirent64) char buffer[4096];
    long got;

    while ((got = syscall(SYS_getdents64, reader->fd, buffer, sizeof buffer)) > 0)
        for (long at = 0; at < got;) {
            const struct dirent64 *entry = (const struct dirent64 *)(buffer + at);
            add(reader, listing, pattern, entry->d_name);
            at += entry->d_reclen;
        }
    return got == 0 || file_refuse_errno(reader, directory);
}

static int compare(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static bool open_and_list(struct reader *reader, const struct file *directory, const char *pattern,
                          struct listing *listing)
{
    struct stat status;
    reader->fd = file_open(reader, directory->path, FLAGS);
    if (reader->fd < 0 && (errno == ENOENT || errno == ENAMETOOLONG)) {
        file_note_absence(reader->file, directory);
        return true;
    }
    if (reader->fd < 0)
        file_note_failure(reader->file, directory);
    if (reader->fd < 0 || fstat(reader->fd, &status) != 0)
        return file_refuse_errno(reader, directory);
    file_note(reader->file, directory, &status);
    if (file_objection(&status) != NULL)
        return file_refuse(reader, directory, file_objection(&status));
    listing->owner = status.st_uid;
    return list(reader, directory, pattern, listing);
}

bool directory_list(struct reader *reader, const char *pattern, const struct file *where,
                    struct listing *listing)
{
    struct file directory = *where;
    bool listed;
    *listing = (struct listing){.count = 0};
    directory.path = directory_name(reader, pattern);
    listed = open_and_list(reader, &directory, pattern, listing);
    if (reader->fd >= 0)
        close(reader->fd);
    reader->fd = -1;
    if (listing->count > 0)
        qsort(listing->paths, listing->count, sizeof *listing->paths, compare);
    return listed;
}
