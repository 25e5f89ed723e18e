/* SPDX-License-Identifier: MIT */
/*
 * Where a memory lies: a segment of System V shared memory. Of what processes can find by a name it
 * is the only kind that nobody can cut short under them, its owner included, and that takes no room
 * of a file system. It needs no directory, so services and cron jobs have one as well; it cannot
 * outlive the boot, nor be met by another IPC namespace; and one that is removed lives on for those
 * who have it.
 */
#ifndef TFOSHIM_MEMORY_SEGMENT_H
#define TFOSHIM_MEMORY_SEGMENT_H

#include "contract.h"
#include "memory/table.h"

/* A user's memories are so many at most, unless processes have them all: for a new one, the one
 * goes that nobody has used for longest. */
#define SEGMENTS_MOST 64

enum segment_way { SEGMENT_LOOK, SEGMENT_MAKE };

/* Attaches the memory of a name, if it is this owner's. NULL: there is none, or it cannot be had.
 */
struct table *segment_attach(uint64_t token, uid_t owner, enum segment_way);

void segment_detach(struct table *) NONNULL;

struct segment {
    int id;
    uid_t owner;
    int64_t left; /* when the last one that had it detached it; 0: somebody has it, or nobody had */
};

/* Calls back for each memory that this process may read, whosever it is. False ends it. */
typedef bool segment_fn(void *context, const struct segment *);
void segment_each(segment_fn *, void *context);

/* NULL if it has gone meanwhile. */
struct table *segment_open(int id, bool writable);

/* Whose memory it is, and its name; false if it is none, or may not be read. */
bool segment_examine(int id, uid_t *owner, uint64_t *token);

#endif
