/* SPDX-License-Identifier: MIT */
#include "policy/users.h"
#include "policy/file.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define PASSWD "/etc/passwd"
#define SIZE_MOST (16 << 20)
#define FLAGS (O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)

static const char *passwd_name(struct reader *reader)
{
    const char *root = reader->tree == NULL ? "" : reader->tree->path;
    char *name = arena_alloc(&reader->file->arena, strlen(root) + sizeof(PASSWD));
    stpcpy(stpcpy(name, root), PASSWD);
    return name;
}

/* Of what cannot be read, nothing. */
static const char *load(struct reader *reader)
{
    const struct file file = {.path = passwd_name(reader)};
    struct stat status;
    char *text;
    ssize_t length;
    reader->fd = file_open(reader, file.path, FLAGS);
    if (reader->fd < 0) {
        file_note_failure(reader->file, &file);
        return "";
    }
    if (fstat(reader->fd, &status) != 0 || !S_ISREG(status.st_mode) || status.st_size > SIZE_MOST) {
        file_note_absence(reader->file, &file);
        return "";
    }
    file_note(reader->file, &file, &status);
    text = arena_alloc(&reader->file->arena, (size_t)status.st_size + 1);
    length = file_read(reader->fd, text, (size_t)status.st_size);
    text[length < 0 ? 0 : length] = '\0';
    return text;
}

static const char *users(struct reader *reader)
{
    if (reader->users == NULL) {
        reader->users = load(reader);
        reader->file->sources[reader->file->source_count - 1].is_of_users = true;
        if (reader->fd >= 0)
            close(reader->fd);
        reader->fd = -1;
    }
    return reader->users;
}

/* "name:password:number:..."; NULL: this line is another's. */
static const char *number_in(struct reader *reader, const char *line, const char *name)
{
    const size_t length = strlen(name);
    const char *number, *end = strchrnul(line, '\n');
    if (strncmp(line, name, length) != 0 || line[length] != ':')
        return NULL;
    number = memchr(line + length + 1, ':', (size_t)(end - line) - length - 1);
    if (number == NULL || strspn(number + 1, "0123456789") == 0)
        return NULL;
    return arena_string(&reader->file->arena, number + 1, strspn(number + 1, "0123456789"));
}

const char *users_number(struct reader *reader, const char *name)
{
    const char *number = NULL, *line = users(reader);
    while (number == NULL && *line != '\0') {
        number = number_in(reader, line, name);
        line += strcspn(line, "\n");
        line += *line == '\n';
    }
    return number;
}
