/* SPDX-License-Identifier: MIT */
#include "shim/policy_force.h"

#include "policy/names.h"
#include "shim/policy_cache.h"

#include <stdatomic.h>
#include <sys/mman.h>

#define SLOTS 8u

struct slot {
    const struct policy *policy; /* NULL: free */
    enum policy_home home;
    atomic_uint holders;
} __attribute__((aligned(64)));

static struct slot slots[SLOTS];
static atomic_uint current, changes;

/* Of this thread. */
static _Thread_local unsigned holds;

/* Whoever counts himself in a slot that is in force afterwards has stopped it from being given
 * back; whoever was too late takes himself out again without having looked into it. */
struct policy_hold policy_hold(void)
{
    for (;;) {
        unsigned slot = atomic_load(&current);
        atomic_fetch_add(&slots[slot].holders, 1);
        if (atomic_load(&current) == slot) {
            holds++;
            return (struct policy_hold){.policy = slots[slot].policy, .slot = slot};
        }
        atomic_fetch_sub(&slots[slot].holders, 1);
    }
}

void policy_release(struct policy_hold hold)
{
    holds--;
    atomic_fetch_sub(&slots[hold.slot].holders, 1);
}

/* The slot is free before the memory goes: a child of fork() may be made between the two. */
static void give_back(struct slot *slot)
{
    const struct policy *policy = slot->policy;
    slot->policy = NULL;
    if (slot->home == POLICY_OF_CACHE)
        policy_cache_drop(policy);
    else if (slot->home == POLICY_OF_PROCESS)
        munmap((void *)policy, policy_size(policy));
}

void policy_sweep(void)
{
    for (unsigned i = 0; i < SLOTS; i++)
        if (slots[i].policy && i != atomic_load(&current) && atomic_load(&slots[i].holders) == 0)
            give_back(&slots[i]);
}

bool policy_force(const struct policy *policy, enum policy_home home)
{
    unsigned in_force = atomic_load(&current);
    policy_sweep();
    for (unsigned i = 0; i < SLOTS; i++) {
        if (i == in_force || slots[i].policy)
            continue;
        slots[i].policy = policy;
        slots[i].home = home;
        names_follow(policy);
        atomic_store(&current, i);
        atomic_fetch_add(&changes, 1);
        policy_sweep();
        return true;
    }
    return false;
}

const struct policy *policy_in_force(void)
{
    return slots[atomic_load(&current)].policy;
}

unsigned policy_changes(void)
{
    return atomic_load(&changes);
}

/* The other threads are not here, nor is what they held; where this one forked in a signal handler,
 * in the midst of a hold, nobody can tell its own from theirs. */
void policy_force_forked(void)
{
    if (holds)
        return;
    for (unsigned i = 0; i < SLOTS; i++)
        atomic_store(&slots[i].holders, 0);
}
