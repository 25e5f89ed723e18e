/* SPDX-License-Identifier: MIT */
#include "policy/reader.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

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
        length = snprintf(message, sizeof(message), "%s:%" PRIu32 ": ", where->file, where->line);
    else
        length = snprintf(message, sizeof(message), "%s: ", where->file);
    if (reader->is_secret)
        format = "found an error, not told as what is included may be a secret";
    if (length > 0 && (size_t)length < sizeof(message)) {
        va_start(arguments, format);
        vsnprintf(message + length, sizeof(message) - (size_t)length, format, arguments);
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
