/* SPDX-License-Identifier: MIT */
/*
 * Reads as much of a service unit as is needed to keep what it preloads: systemd.unit(5) says where
 * its files are and which go before which, systemd.exec(5) what Environment= may look like.
 */
#include "cli/unit.h"
#include "cli/util.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

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

    for (size_t i = 0; *value == '=' && i < sizeof names / sizeof names[0]; i++)
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

void unit_read_file(const struct tree *tree, const char *path, struct unit_settings *settings)
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

/* ---- the files of a unit ---- */

static const char *const directories[] = {
    "/etc/systemd/system",     "/run/systemd/system", "/usr/local/lib/systemd/system",
    "/usr/lib/systemd/system", "/lib/systemd/system",
};
#define DIRECTORY_COUNT (sizeof directories / sizeof directories[0])

/* Drop-ins of a unit, by their file names, each from the directory that goes before the others. */
struct drop_ins {
    char **names;
    char **paths;
    size_t count;
};

static bool is_drop_in(const char *name)
{
    const size_t length = strlen(name);
    return name[0] != '.' && length > 5 && strcmp(name + length - 5, ".conf") == 0;
}

/* Keeps them sorted; a name that is there already came from a directory that goes before this one.
 */
static void add(struct drop_ins *list, const char *name, char *path)
{
    size_t at = 0;
    while (at < list->count && strcmp(list->names[at], name) < 0)
        at++;
    if (at < list->count && strcmp(list->names[at], name) == 0) {
        free(path);
        return;
    }
    list->names = need_room(list->names, list->count + 1, sizeof *list->names);
    list->paths = need_room(list->paths, list->count + 1, sizeof *list->paths);
    memmove(list->names + at + 1, list->names + at, (list->count - at) * sizeof *list->names);
    memmove(list->paths + at + 1, list->paths + at, (list->count - at) * sizeof *list->paths);
    list->names[at] = need_memory(strdup(name));
    list->paths[at] = path;
    list->count++;
}

static void add_directory(struct drop_ins *list, const struct tree *tree, const char *path)
{
    int fd = tree_open(tree, path, O_RDONLY | O_DIRECTORY);
    const struct dirent *entry;
    DIR *directory;
    if (fd < 0)
        return;
    directory = need_memory(fdopendir(fd));
    while ((entry = readdir(directory)) != NULL)
        if (is_drop_in(entry->d_name))
            add(list, entry->d_name, need_text("%s/%s", path, entry->d_name));
    closedir(directory);
}

/* The drop-ins of NAME.d of every directory. */
static void add_drop_ins(struct drop_ins *list, const struct unit *unit, const char *name)
{
    char path[PATH_MAX];
    for (size_t i = 0; i < DIRECTORY_COUNT; i++)
        if (snprintf(path, sizeof path, "%s%s/%s.d", unit->tree->path, directories[i], name) <
            PATH_MAX)
            add_directory(list, unit->tree, path);
}

/* "a@b.service" is an instance of "a@.service"; false if the unit is none. */
static bool template_of(char template[UNIT_NAME_MOST + 1], const struct unit *unit)
{
    const char *at = strchr(unit->name, '@');
    if (at == NULL)
        return false;
    snprintf(template, UNIT_NAME_MOST + 1, "%.*s@.service", (int)(at - unit->name), unit->name);
    return true;
}

/* From the most special to the most general: the unit's own, its template's, those of
 * "a-b-.service" and "a-.service" for a-b-c.service, and those of every service. */
static void find_drop_ins(struct drop_ins *list, const struct unit *unit)
{
    char name[UNIT_NAME_MOST + sizeof("-.service")];
    add_drop_ins(list, unit, unit->name);
    if (template_of(name, unit))
        add_drop_ins(list, unit, name);
    for (size_t i = strcspn(unit->name, "@."); i-- > 0;) {
        if (unit->name[i] != '-')
            continue;
        snprintf(name, sizeof name, "%.*s-.service", (int)i, unit->name);
        add_drop_ins(list, unit, name);
    }
    add_drop_ins(list, unit, "service");
}

/* A link to /dev/null, which masks a unit, is none. */
static bool is_file(const struct tree *tree, char path[PATH_MAX], const char *directory,
                    const char *name)
{
    int fd = -1;
    if (snprintf(path, PATH_MAX, "%s%s/%s", tree->path, directory, name) < PATH_MAX)
        fd = tree_open_file(tree, path);
    if (fd >= 0)
        close(fd);
    return fd >= 0;
}

static bool find_unit_file(char path[PATH_MAX], const struct unit *unit)
{
    char template[UNIT_NAME_MOST + 1];
    const char *names[] = {unit->name, template_of(template, unit) ? template : NULL};
    for (size_t n = 0; n < 2 && names[n] != NULL; n++)
        for (size_t i = 0; i < DIRECTORY_COUNT; i++)
            if (is_file(unit->tree, path, directories[i], names[n]))
                return true;
    return false;
}

static void read_drop_ins(const struct unit *unit, struct unit_settings *settings)
{
    struct drop_ins list = {.count = 0};
    find_drop_ins(&list, unit);
    for (size_t i = 0; i < list.count; i++) {
        char *before = settings->preload;
        /* The one that is about to be made hides those of its name that are for more units. */
        if (strcmp(list.names[i], UNIT_DROP_IN) != 0) {
            before = before == NULL ? NULL : need_memory(strdup(before));
            unit_read_file(unit->tree, list.paths[i], settings);
            if (strcmp(list.names[i], UNIT_DROP_IN) > 0 && settings->preload != NULL &&
                (before == NULL || strcmp(before, settings->preload) != 0)) {
                free(settings->later);
                settings->later = need_memory(strdup(list.paths[i]));
            }
            free(before);
        }
        free(list.names[i]);
        free(list.paths[i]);
    }
    free(list.names);
    free(list.paths);
}

bool unit_read(const struct unit *unit, struct unit_settings *settings)
{
    char path[PATH_MAX];
    *settings = (struct unit_settings){.preload = NULL};
    if (!find_unit_file(path, unit)) {
        complain("%s: there is no unit %s%s%s", unit->verb, unit->name,
                 unit->tree->path[0] == '\0' ? "" : " in ", unit->tree->path);
        return false;
    }
    unit_read_file(unit->tree, path, settings);
    read_drop_ins(unit, settings);
    return true;
}

void unit_settings_free(struct unit_settings *settings)
{
    free(settings->preload);
    free(settings->program);
    free(settings->later);
    free(settings->file);
}
