/* SPDX-License-Identifier: MIT */
#include "cli/preload.h"
#include "cli/util.h"
#include "path/path.h"
#include "policy/compile.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* What separates the entries of LD_PRELOAD: no entry can hold one. */
#define SEPARATORS ": "

/* The directory of this command, with a slash at its end. */
static bool own_directory(char path[PATH_MAX])
{
    ssize_t length = readlink("/proc/self/exe", path, PATH_MAX - 1);
    char *slash;
    if (length <= 0)
        return false;
    path[length] = '\0';
    slash = strrchr(path, '/');
    if (slash == NULL)
        return false;
    slash[1] = '\0';
    return true;
}

static bool make_path(char path[PATH_MAX], const char *directory, const char *rest)
{
    return (size_t)snprintf(path, PATH_MAX, "%s%s", directory, rest) < PATH_MAX;
}

/* Beside the command first: in a build tree the library that was built with it is the right one. An
 * installation that was moved as a whole has it where it stood from the command; its name is then
 * made free of "..". */
bool preload_find(char path[PATH_MAX], const char *complain_as)
{
    char own[PATH_MAX], beside[PATH_MAX], moved[PATH_MAX];
    if (own_directory(own)) {
        if (make_path(beside, own, PRELOAD_LIBRARY) && access(beside, R_OK) == 0)
            return make_path(path, beside, "");
        if (make_path(moved, own, TFOSHIM_LIBDIR_FROM_BIN "/" PRELOAD_LIBRARY) &&
            realpath(moved, path) != NULL && access(path, R_OK) == 0)
            return true;
    }
    if (make_path(path, TFOSHIM_LIBDIR, "/" PRELOAD_LIBRARY) && access(path, R_OK) == 0)
        return true;
    if (complain_as != NULL)
        complain("%s: cannot find " PRELOAD_LIBRARY ": looked for %s and %s", complain_as, beside,
                 path);
    return false;
}

static bool is_in(const struct tree *tree, const char *library)
{
    char path[PATH_MAX];
    int fd;
    if (tree == NULL)
        return access(library, R_OK) == 0;
    fd = make_path(path, tree->path, library) ? tree_open_file(tree, path) : -1;
    if (fd >= 0)
        close(fd);
    return fd >= 0;
}

bool preload_find_in(char path[PATH_MAX], const struct tree *tree, const char *complain_as)
{
    make_path(path, TFOSHIM_LIBDIR, "/" PRELOAD_LIBRARY);
    if (is_in(tree, path))
        return true;
    complain("%s: there is no %s%s: install the library there first", complain_as, tree->path,
             path);
    return false;
}

void preload_warn(const char *library, const struct tree *tree, const char *complain_as)
{
    const int directory = (int)(path_base(library) - library);
    static const char *const names[] = {PRELOAD_LIBRARY, PRELOAD_MODULE, PRELOAD_COMPILER};
    char path[PATH_MAX], where[PATH_MAX];
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (snprintf(path, PATH_MAX, "%s%.*s%s", tree->path, directory, library, names[i]) >=
                PATH_MAX ||
            !tree_is_exposed(tree, path, where))
            continue;
        complain(
            "%s: users other than root can replace %s, which the service will run: they can write "
            "to %s",
            complain_as, path, where);
        return;
    }
}

/* Directories that the loader's $LIB may stand for, in 64-bit programs and in 32-bit ones. */
static const struct width {
    const char *wide;
    const char *narrow;
} widths[] = {
    {"/lib/x86_64-linux-gnu/" PRELOAD_LIBRARY, "/lib/i386-linux-gnu/" PRELOAD_LIBRARY},
    {"/lib/aarch64-linux-gnu/" PRELOAD_LIBRARY, "/lib/arm-linux-gnueabihf/" PRELOAD_LIBRARY},
    {"/lib64/" PRELOAD_LIBRARY, "/lib/" PRELOAD_LIBRARY},
};

/* How much of `library` stands before one of those directories; -1: it is in none. */
static int prefix_before(const char *library, const char *directory)
{
    const size_t length = strlen(library), end = strlen(directory);
    if (length <= end || strcmp(library + length - end, directory) != 0)
        return -1;
    return (int)(length - end);
}

/* The loader was built to take $LIB for the directory that the C library is in. */
static bool is_lib(const char *directory)
{
    const void *function = dlsym(RTLD_DEFAULT, "gnu_get_libc_version");
    const size_t length = (size_t)(strrchr(directory, '/') + 1 - directory);
    const char *slash;
    Dl_info library;
    if (function == NULL || dladdr(function, &library) == 0)
        return false;
    slash = strrchr(library.dli_fname, '/');
    return slash != NULL && (size_t)(slash + 1 - library.dli_fname) >= length &&
           memcmp(slash + 1 - length, directory, length) == 0;
}

/* The widths of a library that $LIB can name, and how long its name is before that; or NULL. */
static const struct width *find_width(const char *library, int *prefix)
{
    for (size_t i = 0; i < sizeof widths / sizeof widths[0]; i++) {
        *prefix = prefix_before(library, widths[i].wide);
        if (*prefix >= 0)
            return is_lib(widths[i].wide) ? &widths[i] : NULL;
    }
    return NULL;
}

/* False if this is no library of a 64-bit machine. */
static bool make_narrow(char other[PATH_MAX], const char *library)
{
    int prefix;
    const struct width *width = find_width(library, &prefix);
    other[0] = '\0';
    if (width != NULL)
        snprintf(other, PATH_MAX, "%.*s%s", prefix, library, width->narrow);
    return width != NULL;
}

bool preload_find_narrow(char other[PATH_MAX], const char *library)
{
    return make_narrow(other, library) && access(other, R_OK) == 0;
}

/* Where there is a library for either width, one name stands for both. */
static char *name_for_loader(const char *library, const struct tree *tree)
{
    char narrow[PATH_MAX];
    int prefix;
    if (!make_narrow(narrow, library) || !is_in(tree, narrow) ||
        find_width(library, &prefix) == NULL)
        return need_memory(strdup(library));
    return need_text("%.*s/$LIB/" PRELOAD_LIBRARY, prefix, library);
}

/* Goes on to the next entry of a list, and says where it ends and its name without a directory
 * begins; NULL: there is none. */
static const char *next_entry(const char **end, const char **base)
{
    const char *entry = *end + strspn(*end, SEPARATORS);
    *end = entry + strcspn(entry, SEPARATORS);
    *base = memrchr(entry, '/', (size_t)(*end - entry));
    *base = *base == NULL ? entry : *base + 1;
    return *end == entry ? NULL : entry;
}

/* A name without a directory stands for that library wherever it is. */
static const char *find_entry(const char **end, const char *name)
{
    const size_t length = strlen(name);
    const bool any_directory = strchr(name, '/') == NULL;
    const char *entry, *base;
    while ((entry = next_entry(end, &base)) != NULL) {
        const char *compared = any_directory ? base : entry;
        if ((size_t)(*end - compared) == length && memcmp(compared, name, length) == 0)
            return entry;
    }
    return NULL;
}

bool preload_has(const char *list, const char *name)
{
    return find_entry(&list, name) != NULL;
}

bool preload_entry(char entry[PATH_MAX], const char *list, const char *name)
{
    const char *found = find_entry(&list, name);
    if (found != NULL)
        snprintf(entry, PATH_MAX, "%.*s", (int)(list - found), found);
    return found != NULL;
}

bool preload_like(char name[PRELOAD_NAME_MOST], const char *list, const char *beginning)
{
    const char *base;
    while (next_entry(&list, &base) != NULL)
        if (strncmp(base, beginning, strlen(beginning)) == 0) {
            snprintf(name, PRELOAD_NAME_MOST, "%.*s", (int)(list - base), base);
            return true;
        }
    return false;
}

bool preload_asan(char name[PRELOAD_NAME_MOST], const char *list)
{
    return preload_like(name, list, "libasan.so") || preload_like(name, list, "libclang_rt.asan");
}

char *preload_list(const char *list, const char *library, const struct tree *tree,
                   const char *complain_as)
{
    char *name, *longer;
    if (strpbrk(library, SEPARATORS) != NULL) {
        complain(
            "%s: cannot preload \"%s\": a name in LD_PRELOAD cannot contain a blank or a colon",
            complain_as, library);
        return NULL;
    }
    name = name_for_loader(library, tree);
    if (list == NULL || list[0] == '\0')
        return name;
    if (preload_has(list, name)) {
        free(name);
        return need_memory(strdup(list));
    }
    longer = need_text("%s:%s", list, name);
    free(name);
    return longer;
}

char *preload_without(const char *list, const char *name)
{
    char *rest = need_memory(calloc(1, strlen(list) + 1)), *end = rest;
    const char *entry, *base;
    while ((entry = next_entry(&list, &base)) != NULL) {
        const size_t length = (size_t)(list - entry);
        if ((size_t)(list - base) == strlen(name) && memcmp(base, name, strlen(name)) == 0)
            continue;
        if (end != rest)
            *end++ = ':';
        memcpy(end, entry, length);
        end += length;
    }
    return rest;
}

bool preload_set(const char *complain_as)
{
    char library[PATH_MAX], *list;
    bool done;
    if (!preload_find(library, complain_as))
        return false;
    list = preload_list(getenv("LD_PRELOAD"), library, NULL, complain_as);
    if (list == NULL)
        return false;
    done = setenv("LD_PRELOAD", list, 1) == 0;
    if (!done)
        complain_errno("%s: cannot set LD_PRELOAD", complain_as);
    free(list);
    return done;
}

/* ---- the configuration of what is started ---- */

/* The program and its children may well work in another directory. A link is not followed: the
 * directory beside it is the one that counts. */
static bool set_config(const char *file, const char *verb)
{
    char directory[PATH_MAX] = "", path[2 * PATH_MAX];
    if (file[0] == '/' || getcwd(directory, sizeof directory) != NULL) {
        snprintf(path, sizeof path, "%s%s%s", directory, file[0] == '/' ? "" : "/", file);
        if (setenv("TFOSHIM_CONFIG", path, 1) == 0)
            return true;
    }
    complain_errno("%s: cannot use \"%s\" as configuration", verb, file);
    return false;
}

/* A preloaded library would say what is wrong and stay inert; whoever names a file wants to know
 * before the program starts. */
bool preload_config(const char *file, const char *verb)
{
    const struct policy *policy = policy_compile(file, NULL, complain_report, NULL);
    if (policy == NULL)
        return false;
    munmap((void *)policy, policy_size(policy));
    return set_config(file, verb);
}
