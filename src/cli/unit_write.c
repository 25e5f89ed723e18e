/* SPDX-License-Identifier: MIT */
#include "cli/unit.h"
#include "cli/util.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SUFFIX ".service"
#define SIGNATURE "# Made by \"tfoshim enable\"; \"tfoshim disable\" takes it away.\n"
#define DIRECTORY_TOO "# Its directory was made with it.\n"

static bool fits(const struct unit *unit, int length)
{
    if (length >= 0 && length < PATH_MAX)
        return true;
    complain("%s: %s: the name is too long", unit->verb, unit->name);
    return false;
}

static bool is_name(const char *name)
{
    return name[0] != '\0' && name[0] != '.' && name[0] != '-' && strpbrk(name, "/ \t\n\"") == NULL;
}

/* "nginx" is nginx.service; units of other kinds start services. */
bool unit_name(struct unit *unit, const char *name, const char *root, const char *verb)
{
    static const char *const kinds[] = {".socket", ".timer", ".target",
                                        ".path",   ".mount", ".slice"};
    const size_t length = strlen(name), suffix = strlen(SUFFIX);
    const bool complete = length > suffix && strcmp(name + length - suffix, SUFFIX) == 0;

    *unit = (struct unit){.root = root, .verb = verb};
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        const char *end = strrchr(name, '.');

        if (end != NULL && strcmp(end, kinds[i]) == 0) {
            complain("%s: found \"%s\", expected a service: the one that it starts", verb, name);
            return false;
        }
    }
    if (!is_name(name) || length + suffix > UNIT_NAME_MOST) {
        complain("%s: found \"%s\", expected the name of a service", verb, name);
        return false;
    }
    snprintf(unit->name, sizeof(unit->name), "%s%s", name, complete ? "" : SUFFIX);
    return fits(unit, snprintf(unit->directory, PATH_MAX, "%s/etc/systemd/system/%s.d", root,
                               unit->name)) &&
           fits(unit, snprintf(unit->drop_in, PATH_MAX, "%s/etc/systemd/system/%s.d/" UNIT_DROP_IN,
                               root, unit->name));
}

/* The first two lines, which say who made it and whether the directory is ours. */
static enum unit_drop_in read_signature(const struct unit *unit, bool *directory_too)
{
    char signature[sizeof(SIGNATURE)] = "", directory[sizeof(DIRECTORY_TOO)] = "";
    FILE *file = fopen(unit->drop_in, "re");
    bool ours;

    *directory_too = false;
    if (file == NULL)
        return errno == ENOENT ? DROP_IN_NONE : DROP_IN_FOREIGN;
    ours = fgets(signature, sizeof(signature), file) != NULL && strcmp(signature, SIGNATURE) == 0;
    if (ours && fgets(directory, sizeof(directory), file) != NULL)
        *directory_too = strcmp(directory, DIRECTORY_TOO) == 0;
    fclose(file);
    return ours ? DROP_IN_OURS : DROP_IN_FOREIGN;
}

enum unit_drop_in unit_drop_in(const struct unit *unit)
{
    bool directory_too;

    return read_signature(unit, &directory_too);
}

/* systemd takes backslashes, quotes and percent signs for its own; what a unit had said of
 * LD_PRELOAD keeps its specifiers. */
static void write_assignment(FILE *file, const char *name, const char *value, bool specifiers)
{
    fprintf(file, "Environment=\"%s=", name);
    for (; *value != '\0'; value++) {
        if (*value == '"' || *value == '\\')
            fputc('\\', file);
        if (*value == '%' && !specifiers)
            fputc('%', file);
        fputc(*value, file);
    }
    fputs("\"\n", file);
}

static bool write_drop_in(const struct unit *unit, const char *path, bool directory_too,
                          const char *preload, const char *config)
{
    FILE *file = fopen(path, "we");
    bool written;

    if (file == NULL) {
        complain_errno("%s: cannot write %s", unit->verb, path);
        return false;
    }
    fputs(SIGNATURE, file);
    fputs(directory_too ? DIRECTORY_TOO : "", file);
    fputs("[Service]\n", file);
    write_assignment(file, "LD_PRELOAD", preload, true);
    if (config != NULL)
        write_assignment(file, "TFOSHIM_CONFIG", config, false);
    written = !ferror(file) && fchmod(fileno(file), 0644) == 0;
    written = fclose(file) == 0 && written;
    if (!written || rename(path, unit->drop_in) != 0) {
        complain_errno("%s: cannot write %s", unit->verb, unit->drop_in);
        unlink(path);
        return false;
    }
    return true;
}

bool unit_write(const struct unit *unit, const char *preload, const char *config)
{
    char path[PATH_MAX];
    bool directory_too, made;

    read_signature(unit, &directory_too);
    made = mkdir(unit->directory, 0755) == 0;
    if (!made && errno != EEXIST) {
        complain_errno("%s: cannot make %s", unit->verb, unit->directory);
        return false;
    }
    /* systemd reads nothing that does not end in .conf. */
    if (!fits(unit, snprintf(path, sizeof(path), "%s.new", unit->drop_in)))
        return false;
    if (write_drop_in(unit, path, made || directory_too, preload, config))
        return true;
    if (made)
        rmdir(unit->directory);
    return false;
}

bool unit_remove(const struct unit *unit)
{
    bool directory_too;

    read_signature(unit, &directory_too);
    if (unlink(unit->drop_in) != 0) {
        complain_errno("%s: cannot remove %s", unit->verb, unit->drop_in);
        return false;
    }
    /* Somebody else may have put something into it. */
    if (directory_too && rmdir(unit->directory) != 0 && errno != ENOTEMPTY && errno != EEXIST)
        complain_errno("%s: cannot remove %s", unit->verb, unit->directory);
    return true;
}
