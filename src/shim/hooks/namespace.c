/* SPDX-License-Identifier: MIT */
/* A thread that goes to other namespaces makes its sockets in another network from then on, or acts
 * as a user whom no call for that has named. */
#include "shim/hook.h"

#include "memory/memory.h"
#include "shim/hooks/by_number.h"
#include "shim/own.h"

/* A handler that connects in the midst of the call finds the network in question. */
static int moved(int result)
{
    memory_look_at_user();
    return result;
}

HOOK_WHILE(CONCERN_PROCESS, int, setns, (int fd, int type), (fd, type))
{
    own_note(OWN_MOVED);
    return moved(NEXT(setns)(fd, type));
}

HOOK_WHILE(CONCERN_PROCESS, int, unshare, (int flags), (flags))
{
    own_note(OWN_MOVED);
    return moved(NEXT(unshare)(flags));
}

long NAMESPACE_by_number(const struct call *call)
{
    own_note(OWN_MOVED);
    return moved((int)call_plainly(call));
}
