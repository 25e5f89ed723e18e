/* SPDX-License-Identifier: MIT */
/* One file of a configuration: whether it may be one, and its text. */
#include "policy/file.h"
#include "hash/hash.h"
#include "policy/stamp.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SIZE_MOST ((size_t)16 << 20)

/* Not to hang on a FIFO, nor to make a terminal ours. */
#define FLAGS (O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)

/* What a hook or a signal interrupts is tried again. */
ssize_t file_read(int fd, char *buffer, size_t size)
{
    size_t done = 0;
    while (done < size) {
        ssize_t got = read(fd, buffer + done, size - done);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return -1;
        if (got == 0)
            break;
        done += (size_t)got;
    }
    return (ssize_t)done;
}

bool file_refuse(struct reader *reader, const struct file *file, const char *what)
{
    if (file->includer == NULL)
        reader_error(reader, &file->where, "%s", what);
    else
        reader_error(reader, &file->where, "@include: \"%s\": %s", file->path, what);
    return false;
}

bool file_refuse_errno(struct reader *reader, const struct file *file)
{
    char what[128];
    snprintf(what, sizeof what, "cannot read it: %s", strerror(errno));
    return file_refuse(reader, file, what);
}

static bool in_circle(const struct file *file)
{
    for (const struct file *above = file->includer; above != NULL; above = above->includer)
        if (above->device == file->device && above->inode == file->inode)
            return true;
    return false;
}

/* Root runs everybody's programs: it takes policy from nobody else. */
const char *file_objection(const struct stat *status)
{
    if (geteuid() != 0)
        return NULL;
    if (status->st_uid != 0)
        return S_ISDIR(status->st_mode)
                   ? "found a directory of another user, expected one that belongs to root"
                   : "found a file of another user, expected one that belongs to root";
    if (status->st_mode & (S_IWGRP | S_IWOTH))
        return S_ISDIR(status->st_mode)
                   ? "found a directory that others may write to, expected one that only root may "
                     "write to"
                   : "found a file that others may write to, expected one that only root may write "
                     "to";
    return NULL;
}

/* Whoever wrote the file that was named may read its errors, but not this file. */
static bool is_secret(const struct reader *reader, const struct stat *status)
{
    return status->st_uid != reader->owner || (status->st_uid == 0 && !(status->st_mode & S_IROTH));
}

static struct rule_source *add_source(struct rule_file *rules, const struct file *file)
{
    struct rule_source *source;
    rules->sources =
        arena_grow(&rules->arena, rules->sources, rules->source_count, sizeof *rules->sources);
    source = &rules->sources[rules->source_count++];
    *source = (struct rule_source){.path = file->path};
    return source;
}

void file_note(struct rule_file *rules, const struct file *file, const struct stat *status)
{
    struct rule_source *source = add_source(rules, file);
    source->stamp = stamp_of(status);
    rules->unsettled |= !stamp_is_settled(&source->stamp);
}

void file_note_absence(struct rule_file *rules, const struct file *file)
{
    add_source(rules, file);
}

void file_note_failure(struct rule_file *rules, const struct file *file)
{
    const int error = errno;
    struct rule_source *source = add_source(rules, file);
    if (error == EACCES) {
        source->stamp = stamp_of_name(file->path);
        source->stamp.mode |= POLICY_STAMP_UNREADABLE;
    } else if (error != ENOENT && error != ENAMETOOLONG) {
        rules->unsettled = true; /* no descriptors left, say: that may pass without a change */
    }
    errno = error;
}

/* Not their names: the same may be checked under another one. */
static void count_text(struct rule_file *rules, const char *text, size_t length)
{
    rules->written = rules->written * 31 + hash_bytes(text, length);
}

static bool begins(const char *text, size_t length, const char *mark)
{
    return length >= strlen(mark) && memcmp(text, mark, strlen(mark)) == 0;
}

/* Editors that write marks at the beginning do not show them. */
static bool is_text(struct reader *reader, const struct file *file, const char *text, size_t length)
{
    if (begins(text, length, "\xef\xbb\xbf"))
        return file_refuse(reader, file,
                           "found a byte order mark at its beginning, expected UTF-8 without one");
    if (begins(text, length, "\xff\xfe") || begins(text, length, "\xfe\xff"))
        return file_refuse(reader, file, "found UTF-16, expected UTF-8");
    if (memchr(text, '\0', length) != NULL)
        return file_refuse(reader, file, "found a NUL byte, expected text");
    return true;
}

#define TOO_LARGE "found more than 16 MiB, expected a configuration file"

/* Reads what reader->fd is open on into the arena. */
static bool load(struct reader *reader, struct file *file, char **text, size_t *length)
{
    struct stat status;
    ssize_t got;
    if (fstat(reader->fd, &status) != 0)
        return file_refuse_errno(reader, file);
    file_note(reader->file, file, &status);
    if (S_ISDIR(status.st_mode))
        return file_refuse(reader, file, "found a directory, expected a regular file");
    if (!S_ISREG(status.st_mode))
        return file_refuse(reader, file, "found a device, FIFO or socket, expected a regular file");
    file->device = status.st_dev;
    file->inode = status.st_ino;
    if (in_circle(file))
        return file_refuse(reader, file, "found a file that includes itself, expected another");
    if (file_objection(&status) != NULL)
        return file_refuse(reader, file, file_objection(&status));
    if (file->includer == NULL && !file->is_drop_in)
        reader->owner = status.st_uid;
    else if (is_secret(reader, &status))
        reader->is_secret = true;
    if (status.st_size < 0 || (size_t)status.st_size > SIZE_MOST - reader->source.length)
        return file_refuse(reader, file, TOO_LARGE);
    *text = arena_alloc(&reader->file->arena, (size_t)status.st_size + 1);
    got = file_read(reader->fd, *text, (size_t)status.st_size);
    if (got < 0)
        return file_refuse_errno(reader, file);
    *length = (size_t)got;
    count_text(reader->file, *text, *length);
    return is_text(reader, file, *text, *length);
}

/* Reads reader->given, of any kind and size: nobody is to use it by its name, but to hear of it. */
static bool load_given(struct reader *reader, struct file *file, char **text, size_t *length)
{
    struct stat status;
    size_t capacity = 0;
    ssize_t got;
    if (fstat(reader->given, &status) != 0)
        return file_refuse_errno(reader, file);
    file->device = status.st_dev;
    file->inode = status.st_ino;
    reader->owner = status.st_uid;
    file_note(reader->file, file, &status);
    reader->file->unsettled = true;
    do {
        char *larger = arena_alloc(&reader->file->arena, capacity * 2 + 65536);
        if (capacity > 0)
            memcpy(larger, *text, *length);
        *text = larger;
        capacity = capacity * 2 + 65536;
        got = file_read(reader->given, *text + *length, capacity - *length);
        if (got < 0)
            return file_refuse_errno(reader, file);
        *length += (size_t)got;
        if (*length > SIZE_MOST)
            return file_refuse(reader, file, TOO_LARGE);
    } while (*length == capacity);
    count_text(reader->file, *text, *length);
    return is_text(reader, file, *text, *length);
}

int file_open(const struct reader *reader, const char *path, int flags)
{
    return reader->tree == NULL ? open(path, flags) : tree_open(reader->tree, path, flags);
}

bool file_load(struct reader *reader, struct file *file, char **text, size_t *length)
{
    bool loaded;
    if (reader->given >= 0 && file->includer == NULL)
        return load_given(reader, file, text, length);
    reader->fd = file_open(reader, file->path, FLAGS);
    if (reader->fd < 0) {
        file_note_failure(reader->file, file);
        return file_refuse_errno(reader, file);
    }
    loaded = load(reader, file, text, length);
    close(reader->fd);
    reader->fd = -1;
    return loaded;
}
