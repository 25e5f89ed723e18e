/* SPDX-License-Identifier: MIT */
/* A file as it was when somebody looked: another stamp where it has been replaced, written to, or
 * given other rights since. For sources that are compiled for files of any size and time. */
#ifndef TFOSHIM_POLICY_STAMP_H
#define TFOSHIM_POLICY_STAMP_H

#include "policy/flat.h"

#include <string.h>
#include <sys/stat.h>
#include <time.h>

/* A change within the same tick of a file system's clock leaves the times as they are; the coarsest
 * clock ticks every two seconds (FAT). */
#define STAMP_SETTLED_NS UINT64_C(2000000000)

static inline uint64_t stamp_time(const struct timespec *time)
{
    return (uint64_t)time->tv_sec * UINT64_C(1000000000) + (uint64_t)time->tv_nsec;
}

static inline struct policy_stamp stamp_of(const struct stat *status)
{
    return (struct policy_stamp){
        .device = status->st_dev,
        .inode = status->st_ino,
        .size = (uint64_t)status->st_size,
        .modified = stamp_time(&status->st_mtim),
        .changed = stamp_time(&status->st_ctim),
        .owner = status->st_uid,
        .mode = status->st_mode,
    };
}

/* Of what has this name now; of nothing where that cannot be looked at. */
static inline struct policy_stamp stamp_of_name(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0 ? stamp_of(&status) : (struct policy_stamp){.mode = 0};
}

static inline bool stamp_equals(const struct policy_stamp *stamp, const struct policy_stamp *other)
{
    return memcmp(stamp, other, sizeof *stamp) == 0;
}

/* Of what was not there when somebody looked: no file has the mode 0. */
static inline bool stamp_is_of_nothing(const struct policy_stamp *stamp)
{
    return stamp->mode == 0;
}

/* Would whatever changes from now on be seen by the stamp? It was taken a moment ago. */
static inline bool stamp_is_settled(const struct policy_stamp *stamp)
{
    struct timespec now;
    return clock_gettime(CLOCK_REALTIME, &now) == 0 &&
           stamp->modified + STAMP_SETTLED_NS <= stamp_time(&now) &&
           stamp->changed + STAMP_SETTLED_NS <= stamp_time(&now);
}

#endif
