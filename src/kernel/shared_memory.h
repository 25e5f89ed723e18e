/* SPDX-License-Identifier: MIT */
/* System V shared memory, as whoever keeps something for other processes of a user finds it. */
#ifndef TFOSHIM_KERNEL_SHARED_MEMORY_H
#define TFOSHIM_KERNEL_SHARED_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/shm.h>

/* Who made it counts as well: owners can give a segment away. */
static inline bool shared_memory_is_of(const struct shmid_ds *status, uid_t owner, unsigned mode)
{
    return status->shm_perm.uid == owner && status->shm_perm.cuid == owner &&
           (status->shm_perm.mode & 07777u) == mode;
}

/* NULL: it cannot be had. */
static inline void *shared_memory_attach(int id, int flags)
{
    void *address = shmat(id, NULL, flags);
    return (intptr_t)address == -1 ? NULL : address; /* shmat(2) says (void *)-1 */
}

/* Calls back for each segment that this process may look at; false ends it. To attach one is to
 * have used it last. */
typedef bool shared_memory_fn(void *context, int id, const struct shmid_ds *);

static inline void shared_memory_each(shared_memory_fn *tell, void *context)
{
    struct shm_info info;
    int last = shmctl(0, SHM_INFO, (struct shmid_ds *)(void *)&info);
    for (int i = 0; i <= last; i++) {
        struct shmid_ds status;
        int id = shmctl(i, SHM_STAT, &status);
        if (id >= 0 && !tell(context, id, &status))
            return;
    }
}

#endif
