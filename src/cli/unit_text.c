/* SPDX-License-Identifier: MIT */
#include "cli/unit_text.h"
#include "cli/util.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BLANKS " \t\n"
#define VARIABLE "LD_PRELOAD="

static void replace(char **text, char *by)
{
    free(*text);
    *text = by;
}

/* A byte of so many digits; false if it is none, or NUL. */
static bool read_byte(char *byte, const char *at, size_t count, int base)
{
    char digits[4] = "";
    unsigned long value;

    memcpy(digits, at, strnlen(at, count));
    value = strtoul(digits, NULL, base);
    *byte = (char)value;
    return strspn(digits, base == 8 ? "01234567" : "0123456789abcdefABCDEF") == count &&
           value > 0 && value <= 0xff;
}

/* What stands behind a backslash; NULL if it is nothing that systemd knows. */
static const char *read_escape(char *byte, const char *at)
{
    static const char letters[] = "abfnrtvs\\\"'", bytes[] = "\a\b\f\n\r\t\v \\\"'";
    const char *letter = *at == '\0' ? NULL : strchr(letters, *at);

    if (letter != NULL) {
        *byte = bytes[letter - letters];
        return at + 1;
    }
    if (*at == 'x')
        return read_byte(byte, at + 1, 2, 16) ? at + 3 : NULL;
    return read_byte(byte, at, 3, 8) ? at + 3 : NULL;
}

/* The next word of a line, quotes and backslashes taken off; NULL at the end, or where systemd
 * leaves the rest of the line out. To be freed. */
static char *next_word(const char **line)
{
    const char *at = *line + strspn(*line, BLANKS);
    char quote = '\0', *word, *end;

    if (*at == '\0')
        return NULL;
    word = end = need_memory(malloc(strlen(at) + 1));
    while (at != NULL && *at != '\0' && (quote != '\0' || strchr(BLANKS, *at) == NULL)) {
        if (*at == '\\') {
            at = read_escape(end++, at + 1);
        } else if (*at == quote || (quote == '\0' && (*at == '"' || *at == '\''))) {
            quote = quote == '\0' ? *at : '\0';
            at++;
        } else {
            *end++ = *at++;
        }
    }
    *end = '\0';
    if (at == NULL || quote != '\0') {
        free(word);
        return NULL;
    }
    *line = at;
    return word;
}

/* An empty assignment takes back all that came before. */
static void read_environment(struct unit_settings *settings, const char *value)
{
    char *word;

    if (value[strspn(value, BLANKS)] == '\0')
        replace(&settings->preload, NULL);
    while ((word = next_word(&value)) != NULL) {
        if (strncmp(word, VARIABLE, sizeof(VARIABLE) - 1) == 0)
            replace(&settings->preload, need_memory(strdup(word + sizeof(VARIABLE) - 1)));
        free(word);
    }
}

static void read_program(struct unit_settings *settings, const char *value)
{
    value += strspn(value, "@-:+!" BLANKS);
    if (*value == '\0')
        replace(&settings->program, NULL);
    else if (settings->program == NULL)
        settings->program = next_word(&value);
}

static void read_environment_file(struct unit_settings *settings, const char *value)
{
    value += strspn(value, "-" BLANKS);
    replace(&settings->file, next_word(&value));
}

static void read_setting(struct unit_settings *settings, const char *line)
{
    static const struct {
        const char *name;
        void (*read)(struct unit_settings *, const char *value);
    } names[] = {
        {"Environment", read_environment},
        {"EnvironmentFile", read_environment_file},
        {"ExecStart", read_program},
    };
    const size_t length = strcspn(line, "=" BLANKS);
    const char *value = line + length + strspn(line + length, BLANKS);

    for (size_t i = 0; *value == '=' && i < sizeof(names) / sizeof(names[0]); i++)
        if (strlen(names[i].name) == length && memcmp(names[i].name, line, length) == 0)
            names[i].read(settings, value + 1);
}

/* Takes a line that ends in a backslash together with those after it, comments between them left
 * out. False at the end of the file. */
static bool read_line(FILE *file, char **line, size_t *size)
{
    char *more = NULL;
    size_t more_size = 0;
    ssize_t length = getline(line, size, file);

    while (length > 1 && (*line)[length - 2] == '\\' && (*line)[length - 1] == '\n' &&
           (*line)[0] != '#' && (*line)[0] != ';') {
        ssize_t added = getline(&more, &more_size, file);

        if (added <= 0)
            break;
        if (more[0] == '#' || more[0] == ';')
            continue;
        *size = (size_t)(length + added);
        *line = need_memory(realloc(*line, *size));
        (*line)[length - 2] = ' ';
        memcpy(*line + length - 1, more, (size_t)added + 1);
        length += added - 1;
    }
    free(more);
    return length > 0;
}

void unit_text_read(const struct tree *tree, const char *path, struct unit_settings *settings)
{
    int fd = tree_open_file(tree, path);
    FILE *file = fd < 0 ? NULL : need_memory(fdopen(fd, "re"));
    char *line = NULL;
    size_t size = 0;
    bool in_service = false;

    if (file == NULL)
        return;
    while (read_line(file, &line, &size)) {
        const char *text = line + strspn(line, BLANKS);

        if (text[0] == '[')
            in_service = strncmp(text, "[Service]", 9) == 0;
        else if (in_service && text[0] != '#' && text[0] != ';')
            read_setting(settings, text);
    }
    free(line);
    fclose(file);
}
