/* SPDX-License-Identifier: MIT */
/* Where the files of a unit are, and which go before which, as systemd.unit(5) has it; and ours
 * among them. */
#include "cli/unit.h"
#include "cli/util.h"
#include "path/path.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#define SUFFIX ".service"
#define ATTEMPTS 16
#define SIGNATURE "# Made by \"tfoshim enable\"; \"tfoshim disable\" takes it away.\n"
#define DIRECTORY_TOO "# Its directory was made with it.\n"

/* ---- directories ---- */

#define SYSTEM_OWN "/etc/systemd/system"
#define USER_OWN "C/systemd/user"

static const char *const system_directories[] = {
    "/etc/systemd/system.control",
    "/run/systemd/system.control",
    "/run/systemd/transient",
    "/run/systemd/generator.early",
    SYSTEM_OWN,
    "/etc/systemd/system.attached",
    "/run/systemd/system",
    "/run/systemd/system.attached",
    "/run/systemd/generator",
    "/usr/local/lib/systemd/system",
    "/usr/lib/systemd/system",
    "/lib/systemd/system",
    "/run/systemd/generator.late",
};

/* A letter in front stands for one of the bases. */
static const char *const user_directories[] = {
    "C/systemd/user.control",
    "R/systemd/user.control",
    "R/systemd/transient",
    "R/systemd/generator.early",
    USER_OWN,
    "/etc/xdg/systemd/user",
    "/etc/systemd/user",
    "R/systemd/user",
    "/run/systemd/user",
    "R/systemd/generator",
    "D/systemd/user",
    "/usr/local/share/systemd/user",
    "/usr/share/systemd/user",
    "/usr/local/lib/systemd/user",
    "/usr/lib/systemd/user",
    "R/systemd/generator.late",
};

/* The XDG base directories: a variable, or a directory in $HOME where it is not set. */
static const struct base {
    char letter;
    const char *variable, *in_home;
} bases[] = {
    {'C', "XDG_CONFIG_HOME", "/.config"},
    {'D', "XDG_DATA_HOME", "/.local/share"},
    {'R', "XDG_RUNTIME_DIR", NULL},
};

/* False where this user has no such base, or a relative one, which the specification has ignored.
 */
static bool find_base(char path[PATH_MAX], char letter)
{
    const struct base *base = bases;
    const char *value, *in = "";
    while (base->letter != letter)
        base++;
    value = getenv(base->variable);
    if ((value == NULL || value[0] != '/') && base->in_home != NULL) {
        value = getenv("HOME");
        in = base->in_home;
    }
    return value != NULL && value[0] == '/' &&
           snprintf(path, PATH_MAX, "%s%s", value, in) < PATH_MAX;
}

static bool find_directory(char path[PATH_MAX], const struct tree *tree, const char *name)
{
    char base[PATH_MAX];
    if (name[0] == '/')
        return snprintf(path, PATH_MAX, "%s%s", tree->path, name) < PATH_MAX;
    return find_base(base, name[0]) &&
           snprintf(path, PATH_MAX, "%s%s%s", tree->path, base, name + 1) < PATH_MAX;
}

bool unit_own_directory(char path[PATH_MAX], const struct tree *tree, enum unit_manager manager,
                        const char *verb)
{
    if (find_directory(path, tree, manager == UNIT_SYSTEM ? SYSTEM_OWN : USER_OWN))
        return true;
    complain("%s: cannot tell where the units of this user are: neither XDG_CONFIG_HOME nor HOME "
             "names a directory",
             verb);
    return false;
}

bool unit_directory(char path[PATH_MAX], const struct unit *unit, size_t number)
{
    const bool is_system = unit->manager == UNIT_SYSTEM;
    const size_t count = is_system ? sizeof system_directories / sizeof system_directories[0]
                                   : sizeof user_directories / sizeof user_directories[0];
    if (number >= count)
        return false;
    if (!find_directory(path, unit->tree,
                        (is_system ? system_directories : user_directories)[number]))
        path[0] = '\0';
    return true;
}

/* ---- names ---- */

static bool fits(const struct unit *unit, int length)
{
    if (length >= 0 && length < PATH_MAX)
        return true;
    complain("%s: %s: the name is too long", unit->verb, unit->name);
    return false;
}

static bool is_name(const char *name)
{
    return name[0] != '\0' && strchr(".-@", name[0]) == NULL && strpbrk(name, "/ \t\n\"") == NULL;
}

/* "nginx" is nginx.service; units of other kinds start services. */
bool unit_name(struct unit *unit, const char *name, const struct tree *tree,
               enum unit_manager manager, const char *verb)
{
    static const char *const kinds[] = {".socket", ".timer", ".target",
                                        ".path",   ".mount", ".slice"};
    const size_t length = strlen(name), suffix = strlen(SUFFIX);
    const bool complete = length > suffix && strcmp(name + length - suffix, SUFFIX) == 0;
    *unit = (struct unit){.tree = tree, .manager = manager, .verb = verb};
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
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
    snprintf(unit->name, sizeof unit->name, "%s%s", name, complete ? "" : SUFFIX);
    return unit_own_directory(unit->above, tree, manager, verb) &&
           fits(unit, snprintf(unit->directory, PATH_MAX, "%s/%s.d", unit->above, unit->name)) &&
           fits(unit, snprintf(unit->drop_in, PATH_MAX, "%s/" UNIT_DROP_IN, unit->directory));
}

bool unit_is_template(const struct unit *unit)
{
    const char *at = strchr(unit->name, '@');
    return at != NULL && strcmp(at, "@.service") == 0;
}

bool unit_template(char name[UNIT_NAME_MOST + 1], const struct unit *unit)
{
    const char *at = strchr(unit->name, '@');
    if (at == NULL || unit_is_template(unit))
        return false;
    snprintf(name, UNIT_NAME_MOST + 1, "%.*s@.service", (int)(at - unit->name), unit->name);
    return true;
}

/* ---- the unit's own file ---- */

/* An image need not have a /dev/null for the link to lead to. */
static bool is_link_to_null(const struct tree *tree, const char *directory, const char *name)
{
    char target[sizeof("/dev/null") + 1];
    int fd = tree_open(tree, directory, O_PATH | O_DIRECTORY);
    ssize_t length = fd < 0 ? -1 : readlinkat(fd, name, target, sizeof target);
    if (fd >= 0)
        close(fd);
    return length == (ssize_t)strlen("/dev/null") && memcmp(target, "/dev/null", 9) == 0;
}

/* A link to /dev/null masks a unit, and so does an empty file. */
static enum unit_state look(char path[PATH_MAX], const struct unit *unit, const char *directory,
                            const char *name)
{
    enum unit_state state = UNIT_MISSING;
    struct stat status;
    int fd;
    if (snprintf(path, PATH_MAX, "%s/%s", directory, name) >= PATH_MAX)
        return UNIT_MISSING;
    if (is_link_to_null(unit->tree, directory, name))
        return UNIT_MASKED;
    fd = tree_open_file(unit->tree, path);
    if (fd >= 0 && fstat(fd, &status) == 0)
        state = status.st_size == 0 ? UNIT_MASKED : UNIT_LOADABLE;
    if (fd >= 0)
        close(fd);
    return state;
}

enum unit_state unit_find(char path[PATH_MAX], const struct unit *unit)
{
    char template[UNIT_NAME_MOST + 1], directory[PATH_MAX];
    const char *names[] = {unit->name, unit_template(template, unit) ? template : NULL};
    for (size_t n = 0; n < 2 && names[n] != NULL; n++) {
        for (size_t i = 0; unit_directory(directory, unit, i); i++) {
            enum unit_state state =
                directory[0] == '\0' ? UNIT_MISSING : look(path, unit, directory, names[n]);
            if (state != UNIT_MISSING)
                return state;
        }
    }
    return UNIT_MISSING;
}

/* ---- our drop-in ---- */

/* The first two lines, which say who made it and whether the directory is ours. */
static enum unit_drop_in read_signature(const struct unit *unit, bool *directory_too)
{
    char signature[sizeof(SIGNATURE)] = "", directory[sizeof(DIRECTORY_TOO)] = "";
    int fd = tree_open_file(unit->tree, unit->drop_in);
    FILE *file;
    bool ours;
    *directory_too = false;
    if (fd < 0)
        return errno == ENOENT ? DROP_IN_NONE : DROP_IN_FOREIGN;
    file = need_memory(fdopen(fd, "re"));
    ours = fgets(signature, sizeof signature, file) != NULL && strcmp(signature, SIGNATURE) == 0;
    if (ours && fgets(directory, sizeof directory, file) != NULL)
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
        if ((unsigned char)*value < ' ')
            fprintf(file, "\\x%02x", (unsigned)*value);
        else
            fputc(*value, file);
    }
    fputs("\"\n", file);
}

/* No name that somebody else may have put a link under: O_EXCL makes the file or fails. systemd
 * reads nothing that does not end in .conf. */
static int make_new(int directory, char name[NAME_MAX])
{
    unsigned number = 0;
    int fd = -1;
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
        if (getrandom(&number, sizeof number, GRND_NONBLOCK) < 0)
            number++;
        snprintf(name, NAME_MAX, UNIT_DROP_IN ".%08x", number);
        fd = openat(directory, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
        if (fd >= 0 || errno != EEXIST)
            break;
    }
    return fd;
}

static bool write_text(int fd, bool directory_too, const char *preload, const char *config)
{
    FILE *file = need_memory(fdopen(fd, "we"));
    bool written;
    fputs(SIGNATURE, file);
    fputs(directory_too ? DIRECTORY_TOO : "", file);
    fputs("[Service]\n", file);
    write_assignment(file, "LD_PRELOAD", preload, true);
    if (config != NULL)
        write_assignment(file, "TFOSHIM_CONFIG", config, false);
    written = !ferror(file) && fchmod(fd, 0644) == 0;
    return fclose(file) == 0 && written;
}

static bool write_drop_in(const struct unit *unit, bool directory_too, const char *preload,
                          const char *config)
{
    int directory = tree_open(unit->tree, unit->directory, O_PATH | O_DIRECTORY);
    char name[NAME_MAX];
    int fd = directory < 0 ? -1 : make_new(directory, name);
    bool written = fd >= 0 && write_text(fd, directory_too, preload, config) &&
                   renameat(directory, name, directory, UNIT_DROP_IN) == 0;
    if (!written)
        complain_errno("%s: cannot write %s", unit->verb, unit->drop_in);
    if (!written && fd >= 0)
        unlinkat(directory, name, 0);
    if (directory >= 0)
        close(directory);
    return written;
}

static const char *directory_name(const struct unit *unit)
{
    return unit->directory + strlen(unit->above) + 1;
}

/* A user may have had no units so far. */
static int open_or_make(const struct tree *tree, const char *path)
{
    const char *name = path_base(path);
    char parent[PATH_MAX];
    int above, fd = tree_open(tree, path, O_PATH | O_DIRECTORY);
    if (fd >= 0 || errno != ENOENT || name - path <= 1)
        return fd;
    snprintf(parent, sizeof parent, "%.*s", (int)(name - path - 1), path);
    above = open_or_make(tree, parent);
    if (above < 0)
        return -1;
    if (mkdirat(above, name, 0755) == 0 || errno == EEXIST)
        fd = tree_open(tree, path, O_PATH | O_DIRECTORY);
    close(above);
    return fd;
}

static int open_above(const struct unit *unit)
{
    if (unit->manager == UNIT_USER)
        return open_or_make(unit->tree, unit->above);
    return tree_open(unit->tree, unit->above, O_PATH | O_DIRECTORY);
}

bool unit_write(const struct unit *unit, const char *preload, const char *config)
{
    bool directory_too, made, written = false;
    int above;
    read_signature(unit, &directory_too);
    above = open_above(unit);
    made = above >= 0 && mkdirat(above, directory_name(unit), 0755) == 0;
    if (!made && (above < 0 || errno != EEXIST))
        complain_errno("%s: cannot make %s", unit->verb, unit->directory);
    else
        written = write_drop_in(unit, made || directory_too, preload, config);
    if (made && !written)
        unlinkat(above, directory_name(unit), AT_REMOVEDIR);
    if (above >= 0)
        close(above);
    return written;
}

static int remove_from(const struct unit *unit, const char *directory, const char *name, int flags)
{
    int fd = tree_open(unit->tree, directory, O_PATH | O_DIRECTORY);
    int answer = fd < 0 ? -1 : unlinkat(fd, name, flags);
    if (fd >= 0)
        close(fd);
    return answer;
}

bool unit_remove(const struct unit *unit)
{
    bool directory_too;
    read_signature(unit, &directory_too);
    if (remove_from(unit, unit->directory, UNIT_DROP_IN, 0) != 0) {
        complain_errno("%s: cannot remove %s", unit->verb, unit->drop_in);
        return false;
    }
    /* Somebody else may have put something into it. */
    if (directory_too && remove_from(unit, unit->above, directory_name(unit), AT_REMOVEDIR) != 0 &&
        errno != ENOTEMPTY && errno != EEXIST)
        complain_errno("%s: cannot remove %s", unit->verb, unit->directory);
    return true;
}
