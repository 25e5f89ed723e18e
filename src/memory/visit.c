/* SPDX-License-Identifier: MIT */
/* Memories other than the process's own, for the command that shows them. */
#include "memory/segment.h"

#include <sys/stat.h>
#include <unistd.h>

struct visit {
    const uid_t *user;
    bool writable;
    void (*tell)(void *context);
    void *context;
    unsigned count;
};

static bool visit_one(void *context, const struct segment *segment)
{
    struct visit *visit = context;
    struct table *table;
    if (visit->user && *visit->user != segment->owner)
        return true;
    table = segment_open(segment->id, visit->writable);
    if (!table)
        return true;
    table_use(table, geteuid());
    visit->tell(visit->context);
    table_use(NULL, geteuid());
    segment_detach(table);
    visit->count++;
    return true;
}

unsigned memory_visit(const uid_t *user, bool writable, void (*tell)(void *context), void *context)
{
    struct visit visit = {user, writable, tell, context, 0};
    memory_set_up_alone(0);
    segment_each(visit_one, &visit);
    return visit.count;
}

const char *memory_open(const char *path)
{
    const char *reason;
    struct table *table;
    struct stat status;
    uint64_t token;
    memory_set_up_alone(0);
    if (lstat(path, &status) != 0)
        return "cannot be examined";
    if (name_look(path, status.st_uid, &token, &reason) != NAME_FOUND)
        return reason ? reason : "does not exist any more";
    table = segment_attach(token, status.st_uid, SEGMENT_LOOK);
    if (!table)
        return "no program in this IPC namespace has used it since boot";
    table_use(table, geteuid());
    return NULL;
}

bool memory_is_segment(int id)
{
    uint64_t token;
    uid_t owner;
    return segment_examine(id, &owner, &token);
}

bool memory_is_of_user(int id)
{
    uint64_t token;
    uid_t owner;
    return segment_examine(id, &owner, &token) && token == name_of_user(owner);
}

bool memory_is_named_by(int id, const char *path)
{
    uint64_t token, named;
    const char *reason;
    uid_t owner;
    return segment_examine(id, &owner, &token) &&
           name_look(path, owner, &named, &reason) == NAME_FOUND && named == token;
}
