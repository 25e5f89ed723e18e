/* SPDX-License-Identifier: MIT */
/*
 * Reads a configuration file and puts what it @includes in place, so that libconfig is given one
 * string and opens nothing itself: it would look for includes in the current directory of the
 * wrapped program, block on a FIFO, call exit() when it reads a directory, and end without a word
 * in a comment that is never closed.
 */
#include "policy/reader.h"
#include "path/path.h"
#include "policy/directory.h"
#include "policy/file.h"

#include <inttypes.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* ---- errors ---- */

#define MESSAGE_SIZE 1024
#define FOUND_SIZE 256

/* One error is one line, whatever bytes a string of the file holds. */
static void make_printable(char *message)
{
    for (; *message != '\0'; message++)
        if ((unsigned char)*message < 0x20 || *message == 0x7f)
            *message = '?';
}

void reader_error(struct reader *reader, const struct origin *where, const char *format, ...)
{
    char message[MESSAGE_SIZE];
    int length;
    va_list arguments;
    if (where->line > 0)
        length = snprintf(message, sizeof message, "%s:%" PRIu32 ": ", where->file, where->line);
    else
        length = snprintf(message, sizeof message, "%s: ", where->file);
    if (reader->is_secret)
        format = "found an error, not shown because what is included may be secret";
    if (length > 0 && (size_t)length < sizeof message) {
        va_start(arguments, format);
        vsnprintf(message + length, sizeof message - (size_t)length, format, arguments);
        va_end(arguments);
    }
    make_printable(message);
    reader->errors++;
    reader->report(reader->context, message);
}

/* Whether `text`, in quotes, is on that line. */
static bool line_quotes(const struct source *source, size_t line, const char *text)
{
    size_t length, text_length = strlen(text);
    const char *at = source_line(source, line, &length), *end = at + length;
    for (; (at = memchr(at, '"', (size_t)(end - at))) != NULL; at++)
        if ((size_t)(end - at) >= text_length + 2 && memcmp(at + 1, text, text_length) == 0 &&
            at[text_length + 1] == '"')
            return true;
    return false;
}

/* libconfig notes the line of a string in an array or list only when it has read the token after
 * it, which may be lines below: look for the string itself upwards from there. */
struct origin reader_origin(const struct reader *reader, const config_setting_t *setting)
{
    const struct source *source = &reader->source;
    size_t line = config_setting_source_line(setting);
    if (line == 0 || line > source->line_count)
        return (struct origin){.file = reader->file->path};
    if (config_setting_name(setting) == NULL &&
        config_setting_type(setting) == CONFIG_TYPE_STRING) {
        size_t first = config_setting_source_line(config_setting_parent(setting));
        for (size_t l = line; l >= first && l > 0; l--)
            if (line_quotes(source, l, config_setting_get_string(setting)))
                return source->lines[l - 1].origin;
    }
    return source->lines[line - 1].origin;
}

static const char *describe(char found[FOUND_SIZE], const config_setting_t *setting)
{
    switch (config_setting_type(setting)) {
    case CONFIG_TYPE_STRING:
        snprintf(found, FOUND_SIZE, "\"%s\"", config_setting_get_string(setting));
        return found;
    case CONFIG_TYPE_INT:
    case CONFIG_TYPE_INT64:
        if (config_setting_get_format(setting) == CONFIG_FORMAT_HEX)
            return "a hexadecimal number";
        snprintf(found, FOUND_SIZE, "%lld",
                 config_setting_type(setting) == CONFIG_TYPE_INT
                     ? config_setting_get_int(setting)
                     : config_setting_get_int64(setting));
        return found;
    case CONFIG_TYPE_FLOAT:
        snprintf(found, FOUND_SIZE, "%g", config_setting_get_float(setting));
        return found;
    case CONFIG_TYPE_BOOL:
        return config_setting_get_bool(setting) ? "true" : "false";
    case CONFIG_TYPE_GROUP:
        return "a group";
    case CONFIG_TYPE_ARRAY:
        return config_setting_length(setting) == 0 ? "an empty array" : "an array";
    case CONFIG_TYPE_LIST:
        return config_setting_length(setting) == 0 ? "an empty list" : "a list";
    default:
        return "nothing";
    }
}

/* An element of an array or list has no name of its own. */
static const char *key_of(const config_setting_t *setting)
{
    while (config_setting_name(setting) == NULL && !config_setting_is_root(setting))
        setting = config_setting_parent(setting);
    return config_setting_name(setting);
}

void reader_unexpected(struct reader *reader, const config_setting_t *setting, const char *expected)
{
    char found[FOUND_SIZE];
    struct origin where = reader_origin(reader, setting);
    reader_error(reader, &where, "%s: found %s, expected %s", key_of(setting),
                 describe(found, setting), expected);
}

void reader_unexpected_text(struct reader *reader, const config_setting_t *setting,
                            const char *found, const char *expected)
{
    struct origin where = reader_origin(reader, setting);
    reader_error(reader, &where, "%s: found \"%.200s\"%s, expected %s", key_of(setting),
                 config_setting_get_string(setting), found, expected);
}

/* ---- a first look at each line, for what libconfig would pass over in silence ---- */

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* What may stand in a name; digits too, but those do not begin one. */
static bool is_word(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c) || c == '_' ||
           c == '*' || c == '-' || c == '.';
}

/* libconfig 1.5 cuts a number to 32 bits without a word: port 4294967376 would be port 80. Reports
 * a decimal integer that is too large; hexadecimal ones are refused where values are read. */
static void check_number(struct reader *reader, const char *word, const char *end,
                         const struct origin *here)
{
    const char *digits = *word == '-' ? word + 1 : word, *at = digits;
    long long number = 0;
    for (; at < end && is_digit(*at); at++)
        if (number <= INT_MAX)
            number = number * 10 + (*at - '0');
    if (at == digits || number <= INT_MAX || (at < end && *at != 'L'))
        return;
    reader_error(reader, here, "found the number %.*s, expected one below 2147483648",
                 end - word > 80 ? 80 : (int)(end - word), word);
}

/* Handles a word or a single character outside of strings and comments; returns where it ends. */
static const char *scan_code(struct reader *reader, struct scan *scan, const char *at,
                             const char *end, const struct origin *here)
{
    const char *word = at;
    while (at < end && is_word(*at))
        at++;
    if (at > word) {
        check_number(reader, word, at, here);
        return at;
    }
    if (*at == '#' || (*at == '/' && at + 1 < end && at[1] == '/'))
        return end;
    if (*at == '"')
        scan->state = SCAN_STRING;
    else if (*at == '/' && at + 1 < end && at[1] == '*')
        scan->state = SCAN_COMMENT;
    if (scan->state != SCAN_CODE)
        scan->opened = *here;
    return at + (scan->state == SCAN_COMMENT ? 2 : 1);
}

/* Follows strings and comments through one line, and reports numbers that libconfig would cut. */
static void scan_line(struct reader *reader, struct scan *scan, const char *line, const char *end,
                      const struct origin *here)
{
    for (const char *at = line; at < end;) {
        if (scan->state == SCAN_CODE) {
            at = scan_code(reader, scan, at, end, here);
        } else if (scan->state == SCAN_STRING) {
            if (*at == '"')
                scan->state = SCAN_CODE;
            at += *at == '\\' && at + 1 < end ? 2 : 1;
        } else if (*at == '*' && at + 1 < end && at[1] == '/') {
            scan->state = SCAN_CODE;
            at += 2;
        } else {
            at++;
        }
    }
}

/* The end of the file: false, after a report, if it is inside a string or comment. */
static bool scan_end(struct reader *reader, const struct scan *scan)
{
    if (scan->state == SCAN_STRING)
        reader_error(reader, &scan->opened,
                     "found a string that begins here and never ends, expected a closing quote");
    else if (scan->state == SCAN_COMMENT)
        reader_error(reader, &scan->opened,
                     "found a comment that begins here and never ends, expected \"*/\"");
    return scan->state == SCAN_CODE;
}

/* ---- files and what they include ---- */

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
    source->lines = arena_grow(arena, source->lines, source->line_count, sizeof *source->lines);
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
    return file->scan.state == SCAN_CODE && length >= sizeof directive - 1 &&
           memcmp(line, directive, sizeof directive - 1) == 0;
}

/* A relative name is relative to the file that includes it, an absolute one to the tree. */
static const char *resolve(struct reader *reader, const char *includer, const char *name,
                           size_t length)
{
    size_t directory = (size_t)(path_base(includer) - includer);
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
    if (strpbrk(path_base(included.path), "*?[") == NULL)
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
