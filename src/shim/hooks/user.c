/* SPDX-License-Identifier: MIT */
/* A process that becomes another user's must not keep what the former one knows: a daemon that
 * gives up root does so because it may be taken over. */
#include "shim/hook.h"

#include "memory/memory.h"
#include "shim/hooks/by_number.h"

#include <pthread.h>
#include <unistd.h>

/* These calls are no cancellation points, but what reads a file is. */
static int changed(int result)
{
    int state;
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &state);
    memory_user_changed();
    pthread_setcancelstate(state, NULL);
    return result;
}

HOOK_WHILE(CONCERN_PROCESS, int, setuid, (uid_t user), (user))
{
    return changed(NEXT(setuid)(user));
}

HOOK_WHILE(CONCERN_PROCESS, int, seteuid, (uid_t user), (user))
{
    return changed(NEXT(seteuid)(user));
}

HOOK_WHILE(CONCERN_PROCESS, int, setreuid, (uid_t real, uid_t effective), (real, effective))
{
    return changed(NEXT(setreuid)(real, effective));
}

HOOK_WHILE(CONCERN_PROCESS, int, setresuid, (uid_t real, uid_t effective, uid_t saved),
           (real, effective, saved))
{
    return changed(NEXT(setresuid)(real, effective, saved));
}

long USER_by_number(const struct call *call)
{
    return changed((int)call_plainly(call));
}
