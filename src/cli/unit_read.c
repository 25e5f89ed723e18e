/* SPDX-License-Identifier: MIT */
/*
 * Reads as much of a service unit and its drop-ins as is needed to keep what it preloads:
 * systemd.unit(5) says which go before which, systemd.exec(5) what Environment= may look like.
 */
#include "cli/unit.h"
#include "cli/util.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

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

/* ---- values ---- */

static bool is_empty(const char *value)
{
    return value[strspn(value, BLANKS)] == '\0';
}

static void add_word(struct unit_words *words, char *word)
{
    words->all = need_room(words->all, words->count + 2, sizeof *words->all);
    words->all[words->count++] = word;
    words->all[words->count] = NULL;
}

static void drop_words(struct unit_words *words)
{
    for (size_t i = 0; i < words->count; i++)
        free(words->all[i]);
    free(words->all);
    *words = (struct unit_words){.count = 0};
}

/* An empty assignment takes back all that came before. */
static void read_environment(void *target, const char *value)
{
    struct unit_settings *settings = target;
    char *word;
    if (is_empty(value)) {
        replace(&settings->preload, NULL);
        settings->preload_said++;
    }
    while ((word = next_word(&value)) != NULL) {
        if (strncmp(word, VARIABLE, sizeof(VARIABLE) - 1) == 0) {
            replace(&settings->preload, need_memory(strdup(word + sizeof(VARIABLE) - 1)));
            settings->preload_said++;
        }
        free(word);
    }
}

static void read_environment_file(void *target, const char *value)
{
    value += strspn(value, "-" BLANKS);
    replace(target, next_word(&value));
}

static void read_words(void *target, const char *value)
{
    char *word;
    if (is_empty(value))
        drop_words(target);
    while ((word = next_word(&value)) != NULL)
        add_word(target, word);
}

/* One that is not quoted. */
static void read_text(void *target, const char *value)
{
    size_t length;
    value += strspn(value, BLANKS);
    length = strlen(value);
    while (length > 0 && strchr(BLANKS, value[length - 1]) != NULL)
        length--;
    replace(target, length == 0 ? NULL : need_memory(strndup(value, length)));
}

static void read_flag(void *target, const char *value)
{
    static const char *const words[] = {"1", "yes", "y", "true", "t", "on"};
    char *word = next_word(&value);
    *(bool *)target = false;
    for (size_t i = 0; word != NULL && i < sizeof words / sizeof words[0]; i++)
        if (strcasecmp(word, words[i]) == 0)
            *(bool *)target = true;
    free(word);
}

/* ---- ExecStart= ---- */

static void drop_commands(struct unit_settings *settings)
{
    for (size_t i = 0; i < settings->command_count; i++)
        drop_words(&settings->commands[i].words);
    free(settings->commands);
    settings->commands = NULL;
    settings->command_count = 0;
}

/* Up to the end of the line, or a ";" alone. Behind "@" the second word is the name that the
 * program is told. */
static void read_command(struct unit_command *command, const char **value)
{
    size_t prefixes;
    bool is_renamed;
    char *word;
    *value += strspn(*value, BLANKS);
    prefixes = strspn(*value, "@-:+!|");
    is_renamed = memchr(*value, '@', prefixes) != NULL;
    *command = (struct unit_command){.is_privileged = memchr(*value, '+', prefixes) != NULL ||
                                                      memchr(*value, '!', prefixes) != NULL};
    *value += prefixes;
    for (size_t i = 0; (word = next_word(value)) != NULL && strcmp(word, ";") != 0; i++)
        if (is_renamed && i == 1)
            free(word);
        else
            add_word(&command->words, word);
    if (word == NULL)
        *value = "";
    free(word);
}

static void read_commands(void *target, const char *value)
{
    struct unit_settings *settings = target;
    struct unit_command command;
    if (is_empty(value))
        drop_commands(settings);
    while (!is_empty(value)) {
        read_command(&command, &value);
        if (command.words.count == 0)
            continue;
        settings->commands =
            need_room(settings->commands, settings->command_count + 1, sizeof *settings->commands);
        settings->commands[settings->command_count++] = command;
    }
}

/* ---- files ---- */

#define SETTING(name, read, member)                                                                \
    {                                                                                              \
        name, read, offsetof(struct unit_settings, member)                                         \
    }

static void read_setting(struct unit_settings *settings, const char *line)
{
    static const struct {
        const char *name;
        void (*read)(void *target, const char *value);
        size_t target; /* where in the settings */
    } names[] = {
        {"Environment", read_environment, 0},
        {"ExecStart", read_commands, 0},
        SETTING("EnvironmentFile", read_environment_file, file),
        SETTING("UnsetEnvironment", read_words, unset),
        SETTING("BindPaths", read_words, binds),
        SETTING("BindReadOnlyPaths", read_words, binds),
        SETTING("User", read_text, user),
        SETTING("Group", read_text, group),
        SETTING("RootDirectory", read_text, root_directory),
        SETTING("RootImage", read_text, root_image),
        SETTING("DynamicUser", read_flag, has_dynamic_user),
        SETTING("NoNewPrivileges", read_flag, has_no_new_privileges),
    };
    const size_t length = strcspn(line, "=" BLANKS);
    const char *value = line + length + strspn(line + length, BLANKS);
    for (size_t i = 0; *value == '=' && i < sizeof names / sizeof names[0]; i++)
        if (strlen(names[i].name) == length && memcmp(names[i].name, line, length) == 0)
            names[i].read((char *)settings + names[i].target, value + 1);
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

/* ---- drop-ins ---- */

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
static void add_drop_in(struct drop_ins *list, const char *name, char *path)
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
            add_drop_in(list, entry->d_name, need_text("%s/%s", path, entry->d_name));
    closedir(directory);
}

/* The drop-ins of NAME.d of every directory. */
static void add_drop_ins(struct drop_ins *list, const struct unit *unit, const char *name)
{
    char directory[PATH_MAX], path[PATH_MAX];
    for (size_t i = 0; unit_directory(directory, unit, i); i++)
        if (directory[0] != '\0' &&
            snprintf(path, sizeof path, "%s/%s.d", directory, name) < PATH_MAX)
            add_directory(list, unit->tree, path);
}

/* From the most special to the most general: the unit's own, its template's, those of
 * "a-b-.service" and "a-.service" for a-b-c.service, and those of every service. */
static void find_drop_ins(struct drop_ins *list, const struct unit *unit)
{
    char name[UNIT_NAME_MOST + sizeof("-.service")];
    add_drop_ins(list, unit, unit->name);
    if (unit_template(name, unit))
        add_drop_ins(list, unit, name);
    for (size_t i = strcspn(unit->name, "@."); i-- > 0;) {
        if (unit->name[i] != '-')
            continue;
        snprintf(name, sizeof name, "%.*s-.service", (int)i, unit->name);
        add_drop_ins(list, unit, name);
    }
    add_drop_ins(list, unit, "service");
}

static void read_drop_in(const struct unit *unit, const char *name, const char *path,
                         struct unit_settings *settings)
{
    const unsigned before = settings->preload_said;
    /* The one that is about to be made hides those of its name that are for more units. */
    if (strcmp(name, UNIT_DROP_IN) == 0)
        return;
    unit_read_file(unit->tree, path, settings);
    if (strcmp(name, UNIT_DROP_IN) > 0 && settings->preload_said != before)
        replace(&settings->later, need_memory(strdup(path)));
}

static void read_drop_ins(const struct unit *unit, struct unit_settings *settings)
{
    struct drop_ins list = {.count = 0};
    find_drop_ins(&list, unit);
    for (size_t i = 0; i < list.count; i++) {
        read_drop_in(unit, list.names[i], list.paths[i], settings);
        free(list.names[i]);
        free(list.paths[i]);
    }
    free(list.names);
    free(list.paths);
}

/* ---- all of it ---- */

bool unit_read(const struct unit *unit, struct unit_settings *settings)
{
    char path[PATH_MAX];
    *settings = (struct unit_settings){.preload = NULL};
    switch (unit_find(path, unit)) {
    case UNIT_MISSING:
        complain("%s: %s: there is no such unit%s%s", unit->verb, unit->name,
                 unit->tree->path[0] == '\0' ? "" : " in ", unit->tree->path);
        return false;
    case UNIT_MASKED:
        complain("%s: %s: it is masked by %s, so nothing starts it", unit->verb, unit->name, path);
        return false;
    default:
        break;
    }
    unit_read_file(unit->tree, path, settings);
    read_drop_ins(unit, settings);
    return true;
}

void unit_settings_free(struct unit_settings *settings)
{
    char *texts[] = {settings->preload, settings->user,           settings->group,
                     settings->file,    settings->root_directory, settings->root_image,
                     settings->later};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        free(texts[i]);
    drop_commands(settings);
    drop_words(&settings->unset);
    drop_words(&settings->binds);
}
