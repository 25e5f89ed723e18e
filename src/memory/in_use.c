/* SPDX-License-Identifier: MIT */
/* Which table is in use, and by whose right. */
#include "memory/table.h"

#include <unistd.h>

static struct table in_process;
static _Atomic(struct table *) current = &in_process;
static _Atomic(uid_t) owner;

struct table *table_use(struct table *table, uid_t user)
{
    struct table *before = NULL;

    /* No thread may take the former one for the new user's. */
    if (!table)
        before = atomic_exchange(&current, &in_process);
    atomic_store(&owner, user);
    if (table)
        before = atomic_exchange(&current, table);
    return before == &in_process ? NULL : before;
}

bool table_offer(struct table *table, uid_t user)
{
    struct table *expected = &in_process;

    atomic_store(&owner, user);
    return atomic_compare_exchange_strong(&current, &expected, table);
}

bool table_owner(uid_t *user)
{
    *user = atomic_load_explicit(&owner, memory_order_relaxed);
    return atomic_load_explicit(&current, memory_order_relaxed) != &in_process;
}

/* A process that acts as another user leaves a memory alone that is not that one's. It is asked at
 * each use: programs change their user in ways that no hook sees, and may change back. */
struct table *table_in_use(void)
{
    struct table *table = atomic_load_explicit(&current, memory_order_acquire);

    if (table == &in_process || geteuid() == atomic_load_explicit(&owner, memory_order_relaxed))
        return table;
    return &in_process;
}
