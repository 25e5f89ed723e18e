/* SPDX-License-Identifier: MIT */
#include "shim/deferring.h"

#include <pthread.h>
#include <stdatomic.h>

__thread struct deferring deferring;

/* The C library holds this many thread-specific values inside the thread itself; beyond them
 * pthread_setspecific() allocates, which no hook may. */
#define KEYS_WITHOUT_ALLOCATION 32
static pthread_key_t thread_end;
static bool thread_end_usable;
static void (*end_of_thread)(void);

static void at_thread_end(void *unused)
{
    (void)unused;
    end_of_thread();
}

void deferring_set_up(void (*at_end)(void))
{
    end_of_thread = at_end;
    thread_end_usable =
        pthread_key_create(&thread_end, at_thread_end) == 0 && thread_end < KEYS_WITHOUT_ALLOCATION;
}

void deferring_add(unsigned slot)
{
    struct deferring *mine = &deferring;
    if (mine->end == 0) {
        mine->begin = slot;
        mine->zero_timeouts = 0;
        if (thread_end_usable)
            pthread_setspecific(thread_end, mine);
    }
    /* A signal handler may connect in the middle of this: `end`, which says that the range is in
     * use, is written last and only ever grows here. */
    if (slot < mine->begin)
        mine->begin = slot;
    atomic_signal_fence(memory_order_seq_cst);
    if (slot + 1 > mine->end)
        mine->end = slot + 1;
}
