/* SPDX-License-Identifier: MIT */
#include "policy/tree.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#ifdef SYS_openat2
#include <linux/openat2.h>
#endif

#define LINKS_MOST 40 /* as the kernel has it */
#define ANEW (-2)     /* in the place of a descriptor: the name has been rewritten */

/* From the root down, a component at a time. A link or ".." rewrites the name, and the walk begins
 * anew: the kernel never follows either, so it does not matter who changes the tree meanwhile. */
struct walk {
    const struct tree *tree;
    char name[PATH_MAX];
    unsigned links;
    char *exposed; /* NULL, or where to note what others can write to */
};

bool tree_find(struct tree *tree, const char *directory)
{
    tree->fd = open(directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (tree->fd < 0)
        return false;
    if (realpath(directory, tree->path) == NULL) {
        close(tree->fd);
        return false;
    }
    if (strcmp(tree->path, "/") == 0)
        tree->path[0] = '\0';
    return true;
}

static void note_exposure(const struct walk *walk, int fd, const struct stat *status)
{
    char link[sizeof("/proc/self/fd/") + 3 * sizeof(int)];
    ssize_t length;
    if (walk->exposed == NULL || walk->exposed[0] != '\0' ||
        ((status->st_uid == 0 || status->st_uid == geteuid()) &&
         !(status->st_mode & (S_IWGRP | S_IWOTH))))
        return;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    length = readlink(link, walk->exposed, PATH_MAX - 1);
    if (length > 0)
        walk->exposed[length] = '\0';
    else
        memcpy(walk->exposed, walk->name, sizeof walk->name); /* without /proc */
}

/* Puts `text` in the place of a part of the name. */
static int rewrite(struct walk *walk, size_t from, size_t to, const char *text)
{
    char name[PATH_MAX];
    int length =
        snprintf(name, sizeof name, "%.*s%s%s", (int)from, walk->name, text, walk->name + to);
    errno = ENAMETOOLONG;
    if (length < 0 || (size_t)length >= sizeof name)
        return -1;
    memcpy(walk->name, name, (size_t)length + 1);
    return ANEW;
}

/* `fd` is a link, which the name has between `from` and `to`. */
static int follow(struct walk *walk, int fd, size_t from, size_t to)
{
    char target[PATH_MAX];
    ssize_t length = readlinkat(fd, "", target, sizeof target - 1);
    if (length <= 0)
        return -1;
    errno = ELOOP;
    if (++walk->links > LINKS_MOST)
        return -1;
    target[length] = '\0';
    return rewrite(walk, target[0] == '/' ? 0 : from, to, target);
}

/* Opens one component of the directory `at`, the last one with the caller's flags. */
static int step(struct walk *walk, int at, size_t from, size_t to, const int *last_flags)
{
    char component[NAME_MAX + 1] = ".";
    struct stat status;
    int fd, opened = -1;
    errno = ENAMETOOLONG;
    if (to - from >= sizeof component)
        return -1;
    if (to > from)
        snprintf(component, sizeof component, "%.*s", (int)(to - from), walk->name + from);
    fd = openat(at, component, O_PATH | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return -1;
    if (fstat(fd, &status) == 0 && S_ISLNK(status.st_mode)) {
        opened = follow(walk, fd, from, to);
    } else {
        note_exposure(walk, fd, &status);
        if (last_flags == NULL)
            return fd;
        opened = openat(at, component, *last_flags | O_NOFOLLOW | O_CLOEXEC);
    }
    close(fd);
    return opened;
}

static bool is(const struct walk *walk, size_t from, size_t to, const char *component)
{
    return to - from == strlen(component) && memcmp(walk->name + from, component, to - from) == 0;
}

static int walk_once(struct walk *walk, int flags)
{
    size_t before = 0, to = 0;
    bool last = false;
    int at = openat(walk->tree->fd, ".", O_PATH | O_DIRECTORY | O_CLOEXEC);
    while (at >= 0 && !last) {
        size_t from = to + strspn(walk->name + to, "/");
        int next;
        to = from + strcspn(walk->name + from, "/");
        last = walk->name[to + strspn(walk->name + to, "/")] == '\0';
        if (is(walk, from, to, ".."))
            next = rewrite(walk, before, to, ".");
        else
            next = step(walk, at, from, to, last ? &flags : NULL);
        if (!is(walk, from, to, "."))
            before = from;
        close(at);
        at = next;
    }
    return at;
}

static int walk_to_end(struct walk *walk, const char *name, int flags)
{
    int fd;
    /* The root is the first component. */
    errno = ENAMETOOLONG;
    if ((size_t)snprintf(walk->name, sizeof walk->name, "./%s", name) >= sizeof walk->name)
        return -1;
    do
        fd = walk_once(walk, flags);
    while (fd == ANEW);
    return fd;
}

static int open_by_kernel(const struct tree *tree, const char *name, int flags)
{
#ifdef SYS_openat2
    struct open_how how = {.flags = (unsigned)flags | O_CLOEXEC, .resolve = RESOLVE_IN_ROOT};

    return (int)syscall(SYS_openat2, tree->fd, name, &how, sizeof how);
#else
    (void)tree, (void)name, (void)flags;
    errno = ENOSYS;
    return -1;
#endif
}

int tree_open(const struct tree *tree, const char *name, int flags)
{
    struct walk walk = {.tree = tree};
    const char *inside = name + strlen(tree->path);
    int fd = open_by_kernel(tree, inside[0] == '\0' ? "/" : inside, flags);
    /* A kernel before 5.6, a sandbox, or somebody who renames what is on the way. */
    if (fd < 0 && (errno == ENOSYS || errno == EPERM || errno == EAGAIN))
        fd = walk_to_end(&walk, inside, flags);
    return fd;
}

/* -1 in the place of what is no regular file. */
static int only_regular(int fd)
{
    struct stat status;
    if (fd < 0 || (fstat(fd, &status) == 0 && S_ISREG(status.st_mode)))
        return fd;
    close(fd);
    errno = EINVAL;
    return -1;
}

/* Looks before it opens, for opening a device may do something; and again after. */
int tree_open_file(const struct tree *tree, const char *name)
{
    int fd = only_regular(tree_open(tree, name, O_PATH));
    if (fd < 0)
        return -1;
    close(fd);
    return only_regular(tree_open(tree, name, O_RDONLY | O_NONBLOCK | O_NOCTTY));
}

bool tree_is_exposed(const struct tree *tree, const char *name, char where[PATH_MAX])
{
    struct walk walk = {.tree = tree, .exposed = where};
    int fd;
    where[0] = '\0';
    fd = walk_to_end(&walk, name + strlen(tree->path), O_PATH);
    if (fd >= 0)
        close(fd);
    return where[0] != '\0';
}
