/* SPDX-License-Identifier: MIT */
/*
 * Reads a configuration file and puts what it @includes in place, so that libconfig is given one
 * string and opens nothing itself: it would look for includes in the current directory of the
 * wrapped program, block on a FIFO, call exit() when it reads a directory, and end without a word
 * in a comment that is never closed.
 */
#include "policy/directory.h"
#include "policy/file.h"
#include "policy/reader.h"

#include <string.h>

#define DEPTH_MOST 10
#define FILES_MOST 1000

static bool read_file(struct reader *, struct file *);

static void append_line(struct reader *reader, const struct origin *where, const char *line,
                        size_t length)
{
    struct source *source = &reader->source;
    struct arena *arena = &reader->file->arena;

    if (source->capacity - source->length < length + 2) {
        size_t capacity = (source->capacity + length + 2) * 2;
        char *text = arena_alloc(arena, capacity);

        if (source->length > 0)
            memcpy(text, source->text, source->length);
        source->text = text;
        source->capacity = capacity;
    }
    source->lines = arena_grow(arena, source->lines, source->line_count, sizeof(*source->lines));
    source->lines[source->line_count++] =
        (struct source_line){.origin = *where, .offset = source->length};
    memcpy(source->text + source->length, line, length);
    source->length += length;
    source->text[source->length++] = '\n';
    source->text[source->length] = '\0';
}

static bool is_include(const struct file *file, const char *line, size_t length)
{
    static const char directive[] = "@include";

    return file->scan.state == SCAN_CODE && length >= sizeof(directive) - 1 &&
           memcmp(line, directive, sizeof(directive) - 1) == 0;
}

/* A relative name is relative to the file that includes it, an absolute one to the tree. */
static const char *resolve(struct reader *reader, const char *includer, const char *name,
                           size_t length)
{
    const char *slash = strrchr(includer, '/');
    size_t directory = slash == NULL ? 0 : (size_t)(slash - includer) + 1;
    char *path;

    if (name[0] == '/') {
        includer = reader->tree == NULL ? "" : reader->tree->path;
        directory = strlen(includer);
    }
    path = arena_alloc(&reader->file->arena, directory + length + 1);
    memcpy(path, includer, directory);
    memcpy(path + directory, name, length);
    return path;
}

static bool is_comment_or_blank(const char *at, const char *end)
{
    while (at < end && (*at == ' ' || *at == '\t'))
        at++;
    return at == end || *at == '#' || (end - at >= 2 && at[0] == '/' && at[1] == '/');
}

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash == NULL ? path : slash + 1;
}

/* Handles a line that begins with @include: the directive has the line to itself. */
static bool include(struct reader *reader, const struct file *file, const char *line, size_t length,
                    const struct origin *here)
{
    const char *end = line + length, *name = memchr(line, '"', length), *close = NULL;
    struct file included = {.includer = file, .where = *here};
    struct listing listing;

    if (name != NULL && ++name < end)
        close = memchr(name, '"', (size_t)(end - name));
    if (close == NULL || close == name || !is_comment_or_blank(close + 1, end)) {
        reader_error(reader, here, "found %.*s, expected @include \"FILE\" on a line of its own",
                     length > 80 ? 80 : (int)length, line);
        return false;
    }
    included.path = resolve(reader, file->path, name, (size_t)(close - name));
    if (strpbrk(base_name(included.path), "*?[") == NULL)
        return read_file(reader, &included);
    if (!directory_list(reader, included.path, &included, &listing))
        return false;
    for (size_t i = 0; i < listing.count; i++) {
        included = (struct file){.path = listing.paths[i], .includer = file, .where = *here};
        if (!read_file(reader, &included))
            return false;
    }
    return true;
}

static void trim(const char **line, size_t *length)
{
    while (*length > 0 && strchr(" \t\r\f", **line) != NULL) {
        ++*line;
        --*length;
    }
    while (*length > 0 && strchr(" \t\r\f", (*line)[*length - 1]) != NULL)
        --*length;
}

static bool add_lines(struct reader *reader, struct file *file, const char *text, size_t length)
{
    const char *end = text + length;
    struct origin here = {.file = file->path};

    for (const char *line = text; line < end;) {
        const char *newline = memchr(line, '\n', (size_t)(end - line));
        const char *line_end = newline == NULL ? end : newline;
        const char *content = line;
        size_t content_length = (size_t)(line_end - line);

        here.line++;
        trim(&content, &content_length);
        if (is_include(file, content, content_length)) {
            if (!include(reader, file, content, content_length, &here))
                return false;
        } else {
            append_line(reader, &here, line, (size_t)(line_end - line));
            scan_line(reader, &file->scan, line, line_end, &here);
        }
        line = line_end + 1;
    }
    return scan_end(reader, &file->scan);
}

static bool read_file(struct reader *reader, struct file *file)
{
    unsigned depth = 0;
    size_t length = 0;
    char *text = NULL;

    for (const struct file *above = file->includer; above != NULL; above = above->includer)
        depth++;
    if (depth > DEPTH_MOST || ++reader->files > FILES_MOST)
        return file_refuse(reader, file, "found too many includes, expected 1000 at most, 10 deep");
    return file_load(reader, file, &text, &length) && add_lines(reader, file, text, length);
}

bool source_read(struct reader *reader, const char *path, bool is_drop_in)
{
    struct file file = {.path = path, .where.file = path, .is_drop_in = is_drop_in};
    const unsigned errors = reader->errors;

    /* An empty file is a policy too. */
    reader->source = (struct source){.text = arena_alloc(&reader->file->arena, 1)};
    reader->is_secret = false;
    return read_file(reader, &file) && reader->errors == errors;
}

const char *source_line(const struct source *source, size_t number, size_t *length)
{
    const char *line = source->text + source->length;

    if (number > 0 && number <= source->line_count)
        line = source->text + source->lines[number - 1].offset;
    *length = (size_t)(strchrnul(line, '\n') - line);
    trim(&line, length);
    return line;
}
