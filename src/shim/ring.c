/* SPDX-License-Identifier: MIT */
#include "shim/ring.h"

#include "shim/handed.h"
#include "shim/sharing.h"
#include "shim/shim.h"

#include <errno.h>

atomic_bool ring_there;

/* Nobody has the ring before the call that sets it up has returned. */
long ring_made(long result)
{
    static atomic_bool done; /* by a thread that has returned */
    int saved = errno;
    if (result < 0 || !shim.active || atomic_load(&done))
        return result;
    atomic_store(&ring_there, true);
    handed_to_ring();
    sharing_with_ring();
    atomic_store(&done, true);
    errno = saved;
    return result;
}
