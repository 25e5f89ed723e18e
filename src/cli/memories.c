/* SPDX-License-Identifier: MIT */
#include "cli/memories.h"

#include "cli/recollection.h"
#include "cli/util.h"

#include <limits.h>
#include <string.h>
#include <unistd.h>

bool memories_find_user(struct memories *memories)
{
    return find_user("stat", memories->name, &memories->user);
}

/* Root's programs may have a memory of their own, as in a test: then that one is meant. */
static bool is_everybody_meant(void)
{
    char given[PATH_MAX], usual[PATH_MAX];
    if (geteuid() != 0)
        return false;
    return !memory_path(given, sizeof given, true) ||
           (memory_path(usual, sizeof usual, false) && strcmp(given, usual) == 0);
}

static bool open_file(const char *file)
{
    const char *reason = memory_open(file);
    if (reason != NULL)
        complain("stat: --memory: %s: %s", file, reason);
    return reason == NULL;
}

bool memories_each(const struct memories *memories, bool writable, void (*tell)(void *context),
                   void *context)
{
    if (memories->file != NULL) {
        if (!open_file(memories->file))
            return false;
        tell(context);
    } else if (memories->name != NULL) {
        if (geteuid() != 0 && geteuid() != memories->user) {
            complain("stat: --user: only root can see the memory of another user");
            return false;
        }
        memory_visit(&memories->user, writable, tell, context);
    } else if (is_everybody_meant()) {
        memory_visit(NULL, writable, tell, context);
    } else {
        recollection_set_up();
        tell(context);
    }
    return true;
}
