/* SPDX-License-Identifier: MIT */
#include "shim/policy_cache.h"

#include "hash/hash.h"
#include "kernel/shared_memory.h"
#include "kernel/tcp.h"
#include "policy/stamp.h"
#include "shim/policy_kept.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Keys are few and everybody's: one that somebody else has taken is passed over. */
#define KEYS 4u

/* A user's policies are so many at most: for a new one, the one goes that was used longest ago. */
#define KEPT_MOST 32u

/* As the compiler opens what it reads. */
#define FLAGS (O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | O_LARGEFILE)

#define BEING_MADE 0600u

/* Of the policy that any process finds, and that tells it what the rules ask. */
#define ANY 0u

/* What the policy's rules ask of processes, and what they are answered, as a number; never ANY. */
static uint32_t answers(const struct policy *policy, const struct policy_subject *subject)
{
    const struct policy_selector *selectors = policy_at(policy, policy->selectors.offset);
    uint32_t hash = 1;
    for (uint32_t i = 0; i < policy->selectors.count; i++)
        hash = (hash << 1 | hash >> 31) * 31 +
               subject_matches(subject, selectors[i].selector,
                               policy_at(policy, selectors[i].pattern));
    return hash == ANY ? 1 : hash;
}

static uint32_t hash_of(const struct policy_wanted *wanted, uint32_t answered, uint32_t hash)
{
    const char *names[] = {wanted->module, wanted->file};
    for (unsigned name = 0; name < 2; name++)
        hash = hash * 31 + hash_bytes(names[name], strlen(names[name]));
    return hash * 31 + hash_bytes(&answered, sizeof answered);
}

static key_t key_of(const struct policy_wanted *wanted, uint32_t answered, unsigned i)
{
    uint32_t hash = hash_of(wanted, answered, 1);
    return (key_t)(((hash | KEYS) & ~(KEYS - 1)) + i); /* never IPC_PRIVATE, which is 0 */
}

/* ---- a segment ---- */

static bool is_ours(const struct shmid_ds *status, unsigned mode)
{
    return shared_memory_is_of(status, geteuid(), mode) && status->shm_segsz >= sizeof(struct kept);
}

/* Of one that is_ours(). NULL: it holds no policy. */
static struct kept *attach_policy(int id)
{
    struct kept *kept = shared_memory_attach(id, SHM_RDONLY);
    if (kept && kept->mark != KEPT_MARK) {
        shmdt(kept);
        kept = NULL;
    }
    return kept;
}

/* Those who have it keep it. */
static void remove_policy(int id)
{
    struct kept *kept = attach_policy(id);
    if (kept) {
        shmdt(kept);
        shmctl(id, IPC_RMID, NULL);
    }
}

/* ---- is it the one that is wanted? ---- */

static bool is_as_unreadable(const char *path, const struct policy_stamp *stamp)
{
    struct policy_stamp now = stamp_of_name(path);
    now.mode |= POLICY_STAMP_UNREADABLE;
    return stamp_equals(&now, stamp);
}

/* Opened, not only looked at: the right to read it counts, and a file server tells what is new. */
static bool is_unchanged(const char *path, const struct policy_stamp *stamp)
{
    struct stat status;
    struct policy_stamp now;
    int fd = (int)tcp_call(SYS_openat, AT_FDCWD, (long)path, FLAGS, 0, 0, 0);
    bool known = fd >= 0 && fstat(fd, &status) == 0;
    if (fd >= 0)
        tcp_call(SYS_close, fd, 0, 0, 0, 0, 0);
    if (fd == -ENOENT || fd == -ENAMETOOLONG)
        return stamp_is_of_nothing(stamp);
    if (fd == -EACCES)
        return is_as_unreadable(path, stamp);
    if (!known)
        return false;
    now = stamp_of(&status);
    return stamp_equals(&now, stamp);
}

/* Are the answers those that it was made by? */
static bool is_for(const struct policy *policy, const struct policy_subject *subject)
{
    const struct policy_selector *selectors = policy_at(policy, policy->selectors.offset);
    for (uint32_t i = 0; i < policy->selectors.count; i++)
        if (subject_matches(subject, selectors[i].selector,
                            policy_at(policy, selectors[i].pattern)) != selectors[i].holds)
            return false;
    return true;
}

static bool is_of(const struct policy *policy, const struct policy_wanted *wanted)
{
    const struct policy_source *sources = policy_at(policy, policy->sources.offset);
    if (strcmp(policy_path(policy), wanted->file) != 0)
        return false;
    for (uint32_t i = 0; i < policy->sources.count; i++)
        if (!is_unchanged(policy_at(policy, sources[i].path), &sources[i].stamp))
            return false;
    return true;
}

static const struct policy *look_inside(int id, const struct policy_wanted *wanted)
{
    struct shmid_ds status;
    struct kept *kept;
    if (shmctl(id, IPC_STAT, &status) != 0 || !is_ours(&status, KEPT_WHOLE))
        return NULL;
    kept = attach_policy(id);
    if (!kept)
        return NULL;
    if (stamp_equals(&kept->compiler, &wanted->compiler) &&
        policy_head_is_usable(&kept->policy, status.shm_segsz - KEPT_HEAD) &&
        is_of(&kept->policy, wanted))
        return &kept->policy;
    shmdt(kept);
    return NULL;
}

static const struct policy *find(const struct policy_wanted *wanted, uint32_t answered)
{
    const struct policy *found = NULL;
    for (unsigned i = 0; !found && i < KEYS; i++) {
        int id = shmget(key_of(wanted, answered, i), 0, 0);
        found = id < 0 ? NULL : look_inside(id, wanted);
    }
    return found;
}

void policy_cache_drop(const struct policy *policy)
{
    shmdt((const char *)policy - KEPT_HEAD);
}

/* The one under the configuration's own key may have been made for others. What it asks of
 * processes is the same. Sets wanted->answered, by which the wanted one is kept. */
static const struct policy *look(struct policy_wanted *wanted)
{
    const struct policy *found = find(wanted, ANY);
    wanted->answered = ANY;
    if (!found || is_for(found, wanted->subject))
        return found;
    wanted->answered = answers(found, wanted->subject);
    policy_cache_drop(found);
    found = find(wanted, wanted->answered);
    if (found && !is_for(found, wanted->subject)) {
        policy_cache_drop(found);
        found = NULL;
    }
    return found;
}

const struct policy *policy_cache_find(struct policy_wanted *wanted)
{
    struct stat status;
    if (stat(wanted->module, &status) != 0)
        return NULL;
    wanted->compiler = stamp_of(&status);
    return look(wanted);
}

/* ---- who compiles ---- */

#define CLAIM_LASTS_S 10
#define CLAIM_MODE 0600u

static bool is_in_force(int id)
{
    struct shmid_ds status;
    struct timespec now;
    return id >= 0 && shmctl(id, IPC_STAT, &status) == 0 &&
           shared_memory_is_of(&status, geteuid(), CLAIM_MODE) &&
           clock_gettime(CLOCK_REALTIME, &now) == 0 &&
           now.tv_sec - status.shm_ctime < CLAIM_LASTS_S && now.tv_sec >= status.shm_ctime;
}

bool policy_cache_claim(const struct policy_wanted *wanted, int *claim)
{
    key_t key = (key_t)(hash_of(wanted, wanted->answered, 2) | 1);
    for (unsigned attempt = 0; attempt < 2; attempt++) {
        *claim = shmget(key, 1, IPC_CREAT | IPC_EXCL | CLAIM_MODE);
        if (*claim >= 0 || errno != EEXIST)
            return true;
        int id = shmget(key, 0, 0);
        if (is_in_force(id))
            return false;
        policy_cache_withdraw(id);
    }
    return true; /* somebody else has the key */
}

void policy_cache_withdraw(int claim)
{
    struct shmid_ds status;
    if (claim >= 0 && shmctl(claim, IPC_STAT, &status) == 0 &&
        shared_memory_is_of(&status, geteuid(), CLAIM_MODE) && status.shm_segsz == 1)
        shmctl(claim, IPC_RMID, NULL);
}

/* ---- keeping one ---- */

/* Its mark first, so that it is known for what it is if its maker is killed. */
static void fill(struct kept *kept, const struct policy_wanted *wanted, const struct policy *policy)
{
    __atomic_store_n(&kept->mark, KEPT_MARK, __ATOMIC_SEQ_CST);
    kept->compiler = wanted->compiler;
    memcpy(&kept->policy, policy, policy_size(policy));
}

static bool declare_whole(int id)
{
    struct shmid_ds status;
    if (shmctl(id, IPC_STAT, &status) != 0)
        return false;
    status.shm_perm.mode = KEPT_WHOLE;
    return shmctl(id, IPC_SET, &status) == 0;
}

static const struct policy *make(int id, const struct policy_wanted *wanted,
                                 const struct policy *policy)
{
    struct kept *own = shared_memory_attach(id, 0), *shared = NULL;
    if (own) {
        fill(own, wanted, policy);
        if (declare_whole(id))
            shared = shared_memory_attach(id, SHM_RDONLY);
        shmdt(own);
    }
    if (!shared)
        shmctl(id, IPC_RMID, NULL);
    return shared ? &shared->policy : NULL;
}

struct census {
    int made, oldest;
    unsigned count;
    time_t used;
};

/* What is no policy is not looked into before its turn comes, for a look counts as a use. */
static bool count(void *context, int id, const struct shmid_ds *status)
{
    struct census *census = context;
    if (id == census->made || !is_ours(status, KEPT_WHOLE))
        return true;
    if (census->count++ == 0 || status->shm_atime < census->used) {
        census->oldest = id;
        census->used = status->shm_atime;
    }
    return true;
}

static void make_up_for(int made)
{
    struct census census = {.made = made};
    shared_memory_each(count, &census);
    if (census.count >= KEPT_MOST)
        remove_policy(census.oldest);
}

/* What has become out of date goes, and what its maker was killed over. */
static int new_segment(key_t key, size_t size)
{
    struct shmid_ds status;
    int id = shmget(key, 0, 0);
    if (id >= 0 && shmctl(id, IPC_STAT, &status) == 0 &&
        (is_ours(&status, KEPT_WHOLE) || (is_ours(&status, BEING_MADE) && status.shm_nattch == 0)))
        remove_policy(id);
    return shmget(key, size, IPC_CREAT | IPC_EXCL | BEING_MADE);
}

static const struct policy *keep(const struct policy_wanted *wanted, const struct policy *policy)
{
    for (unsigned i = 0; i < KEYS; i++) {
        int id = new_segment(key_of(wanted, wanted->answered, i), KEPT_HEAD + policy_size(policy));
        if (id >= 0) {
            policy = make(id, wanted, policy);
            make_up_for(id);
            return policy;
        }
    }
    return NULL;
}

const struct policy *policy_cache_keep(struct policy_wanted *wanted, const struct policy *compiled)
{
    const struct policy *kept;
    if (compiled->unsettled || compiled->sources.count == 0 || !stamp_is_settled(&wanted->compiler))
        return compiled;
    kept = look(wanted); /* somebody may have been faster */
    if (!kept)
        kept = keep(wanted, compiled);
    if (kept)
        munmap((void *)compiled, policy_size(compiled));
    return kept ? kept : compiled;
}
