/* SPDX-License-Identifier: MIT */
#include "memory/segment.h"
#include "kernel/shared_memory.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/ipc.h>
#include <unistd.h>

/* Keys are few and everybody's: one that somebody else has taken is passed over. */
#define KEYS 8u

static bool is_owned(const struct shmid_ds *status, uid_t owner)
{
    return shared_memory_is_of(status, owner, 0600) && status->shm_segsz == sizeof(struct table);
}

/* A new segment is full of zeros. Everybody who finds a word of them writes the same, so it does
 * not matter who does, or where somebody was killed. */
static bool is_marked(struct table *table, uint64_t token)
{
    const struct table_mark mark = TABLE_MARK;
    uint64_t words[TABLE_HEADER_WORDS];
    memcpy(words, &mark, sizeof mark);
    words[TABLE_HEADER_WORDS - 1] = token;
    for (unsigned i = 0; i < TABLE_HEADER_WORDS; i++) {
        uint64_t found = 0;
        if (!atomic_compare_exchange_strong(&table->header[i], &found, words[i]) &&
            found != words[i])
            return false;
    }
    return true;
}

static struct table *attach_owned(int id, uint64_t token, uid_t owner)
{
    struct shmid_ds status;
    struct table *table;
    if (shmctl(id, IPC_STAT, &status) != 0 || !is_owned(&status, owner))
        return NULL;
    table = shared_memory_attach(id, 0);
    if (!table || is_marked(table, token))
        return table;
    shmdt(table);
    return NULL;
}

/* ---- all of them ---- */

/* Is it one, and which? */
static bool read_mark(int id, uint64_t *token)
{
    const struct table_mark mark = TABLE_MARK;
    struct table *table = shared_memory_attach(id, SHM_RDONLY);
    bool has = table && memcmp(table, &mark, sizeof mark) == 0;
    if (has)
        *token = atomic_load(&table->header[TABLE_HEADER_WORDS - 1]);
    if (table)
        shmdt(table);
    return has;
}

static bool has_mark(int id)
{
    uint64_t token;
    return read_mark(id, &token);
}

bool segment_examine(int id, uid_t *owner, uint64_t *token)
{
    struct shmid_ds status;
    if (shmctl(id, IPC_STAT, &status) != 0)
        return false;
    *owner = status.shm_perm.uid;
    /* One whose file has been deleted, and which others have replaced, lives on for who has it. */
    status.shm_perm.mode &= ~(unsigned)SHM_DEST;
    return is_owned(&status, *owner) && read_mark(id, token);
}

struct filter {
    segment_fn *tell;
    void *context;
};

static bool tell_likely(void *context, int id, const struct shmid_ds *status)
{
    const struct filter *filter = context;
    const struct segment segment = {
        .id = id,
        .owner = status->shm_perm.uid,
        .left = status->shm_nattch == 0 ? (int64_t)status->shm_dtime : 0,
    };
    return !is_owned(status, segment.owner) || filter->tell(filter->context, &segment);
}

/* What looks like one from outside. */
static void each_likely(segment_fn *tell, void *context)
{
    struct filter filter = {tell, context};
    shared_memory_each(tell_likely, &filter);
}

static bool tell_marked(void *context, const struct segment *segment)
{
    const struct filter *filter = context;
    return !has_mark(segment->id) || filter->tell(filter->context, segment);
}

void segment_each(segment_fn *tell, void *context)
{
    struct filter filter = {tell, context};
    each_likely(tell_marked, &filter);
}

struct table *segment_open(int id, bool writable)
{
    return shared_memory_attach(id, writable ? 0 : SHM_RDONLY);
}

struct census {
    uid_t user;
    int made;
    unsigned count;
    struct segment oldest;
};

static bool count(void *context, const struct segment *segment)
{
    struct census *census = context;
    if (segment->owner != census->user || segment->id == census->made)
        return true;
    census->count++;
    if (segment->left != 0 && segment->left < census->oldest.left)
        census->oldest = *segment;
    return true;
}

/* Files that name one are deleted, and leave it behind. A look into all of them would be their last
 * use, and the next that goes be any. */
static void make_up_for(int made, uid_t user)
{
    struct census census = {.user = user, .made = made, .oldest = {.id = -1, .left = INT64_MAX}};
    each_likely(count, &census);
    if (census.count >= SEGMENTS_MOST && census.oldest.id >= 0 && has_mark(census.oldest.id))
        shmctl(census.oldest.id, IPC_RMID, NULL);
}

/* ---- one ---- */

static int find(key_t key, enum segment_way way, uid_t owner)
{
    int id = shmget(key, sizeof(struct table), 0600);
    if (id >= 0 || errno != ENOENT || way == SEGMENT_LOOK)
        return id;
    id = shmget(key, sizeof(struct table), IPC_CREAT | IPC_EXCL | 0600);
    if (id >= 0)
        make_up_for(id, owner);
    else if (errno == EEXIST) /* somebody else was first */
        id = shmget(key, sizeof(struct table), 0600);
    return id;
}

/* The first of its keys that has it. */
static struct table *walk_keys(uint64_t token, uid_t owner, enum segment_way way)
{
    for (uint32_t i = 0; i < KEYS; i++) {
        key_t key = (key_t)((uint32_t)token + i);
        int id = key == IPC_PRIVATE ? -1 : find(key, way, owner);
        struct table *table = id < 0 ? NULL : attach_owned(id, token, owner);
        if (table)
            return table;
    }
    return NULL;
}

struct table *segment_attach(uint64_t token, uid_t owner, enum segment_way way)
{
    struct table *table = walk_keys(token, owner, SEGMENT_LOOK);
    return table || way == SEGMENT_LOOK ? table : walk_keys(token, owner, way);
}

void segment_detach(struct table *table)
{
    shmdt(table);
}
