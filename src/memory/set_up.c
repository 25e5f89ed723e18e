/* SPDX-License-Identifier: MIT */
/* Which memory is used: at start-up, and when the process has become another user's. */
#include "memory/lessons.h"
#include "memory/segment.h"

#include <errno.h>
#include <limits.h>
#include <sys/mman.h>
#include <unistd.h>

static pid_t process; /* that has set it up: a child of vfork() has our memory, but is not us */

static enum memory_kind use(struct table *table, enum memory_kind kind, uint32_t program)
{
    struct table *before = table_use(table, geteuid());
    process = getpid();
    lessons_use(program);
    if (before)
        segment_detach(before);
    return table ? kind : MEMORY_ALONE;
}

static enum memory_kind use_named(enum memory_kind kind, uint64_t token, enum segment_way way,
                                  uint32_t program)
{
    return use(segment_attach(token, geteuid(), way), kind, program);
}

enum memory_kind memory_set_up(const char *path, uint32_t program, const char **reason)
{
    uint64_t token = name_of_user(geteuid());
    int saved = errno;
    enum memory_kind kind = MEMORY_OF_USER;
    *reason = path ? name_make(path, &token) : NULL;
    if (path && !*reason)
        kind = MEMORY_BY_FILE;
    kind = use_named(kind, token, SEGMENT_MAKE, program);
    errno = saved;
    return kind;
}

enum memory_kind memory_look(const char *path, uint32_t program, const char **reason)
{
    uint64_t token = name_of_user(geteuid());
    int saved = errno;
    enum memory_kind kind = MEMORY_OF_USER;
    *reason = NULL;
    if (path && name_look(path, geteuid(), &token, reason) == NAME_FOUND)
        kind = MEMORY_BY_FILE;
    kind = use_named(kind, token, SEGMENT_LOOK, program);
    errno = saved;
    return kind;
}

void memory_set_up_alone(uint32_t program)
{
    use(NULL, MEMORY_ALONE, program);
}

/* A child of vfork() has our memory, and is not us. */
void memory_look_at_user(void)
{
    if (process == getpid())
        table_look_at_user();
}

void memory_forked(void)
{
    process = getpid();
}

/* One that can change back has as good as the right still. */
static bool may_act_as(uid_t user)
{
    uid_t real, effective, saved;
    return getresuid(&real, &effective, &saved) != 0 || real == user || effective == user ||
           saved == user;
}

/* Other threads may be in the middle of it: it is not unmapped, but they find other pages there,
 * which are the process's own. They stay. */
static void let_go(struct table *table)
{
    const size_t page = (size_t)sysconf(_SC_PAGESIZE);
    const size_t size = (sizeof *table + page - 1) & ~(page - 1);
    /* cppcheck-suppress leakReturnValNotUsed ; they take the place of the table */
    if (mmap(table, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) ==
        MAP_FAILED)
        segment_detach(table);
}

/* The file of the new user, if there is one, but none is made: many change their user only to run
 * another program. */
static uint64_t name_of_new_user(void)
{
    uint64_t token = name_of_user(geteuid());
    const char *reason;
    char path[PATH_MAX];
    if (memory_path(path, sizeof path, false))
        name_look(path, geteuid(), &token, &reason);
    return token;
}

void memory_user_changed(void)
{
    int saved = errno;
    struct table *before, *after;
    uid_t owner;
    if (table_owner(&owner) && !may_act_as(owner) && process == getpid()) {
        before = table_use(NULL, geteuid());
        if (before)
            let_go(before);
        after = segment_attach(name_of_new_user(), geteuid(), SEGMENT_MAKE);
        if (after && !table_offer(after, geteuid()))
            segment_detach(after);
    }
    memory_look_at_user();
    errno = saved;
}
