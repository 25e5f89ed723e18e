/* SPDX-License-Identifier: MIT */
/* Which table is in use, and by whose right. */
#include "memory/table.h"

#include <unistd.h>

static struct table in_process;
static _Atomic(struct table *) current = &in_process;
static _Atomic(uid_t) owner;
static atomic_bool left_alone; /* the one in use is not the user's that the process acts as */

/* A process that acts as another user leaves a memory alone that is not that one's, and may change
 * back. It is asked when it may have changed, and not at each use: a process has its memory mapped
 * whoever it acts as, so that this protects nothing, and what is told late is a hint in the wrong
 * place. */
void table_look_at_user(void)
{
    bool own = atomic_load_explicit(&current, memory_order_relaxed) == &in_process ||
               geteuid() == atomic_load_explicit(&owner, memory_order_relaxed);
    atomic_store_explicit(&left_alone, !own, memory_order_relaxed);
}

struct table *table_use(struct table *table, uid_t user)
{
    struct table *before = NULL;
    /* No thread may take the former one for the new user's. */
    if (!table)
        before = atomic_exchange(&current, &in_process);
    atomic_store(&owner, user);
    if (table)
        before = atomic_exchange(&current, table);
    table_look_at_user();
    return before == &in_process ? NULL : before;
}

bool table_offer(struct table *table, uid_t user)
{
    struct table *expected = &in_process;
    bool taken;
    atomic_store(&owner, user);
    taken = atomic_compare_exchange_strong(&current, &expected, table);
    table_look_at_user();
    return taken;
}

bool table_owner(uid_t *user)
{
    *user = atomic_load_explicit(&owner, memory_order_relaxed);
    return atomic_load_explicit(&current, memory_order_relaxed) != &in_process;
}

struct table *table_in_use(void)
{
    return atomic_load_explicit(&left_alone, memory_order_relaxed)
               ? &in_process
               : atomic_load_explicit(&current, memory_order_acquire);
}
