/* SPDX-License-Identifier: MIT */
#include "shim/policy_watch.h"

#include "hash/hash.h"
#include "policy/stamp.h"

#include <linux/magic.h>
#include <string.h>
#include <sys/vfs.h>

/* Those that <linux/magic.h> has not in every version, or not at all. */
#define NETWORK_CIFS 0xFF534D42u
#define NETWORK_SMB2 0xFE534D42u
#define NETWORK_CEPH 0x00C36400u
#define NETWORK_LUSTRE 0x0BD00BD0u
#define NETWORK_9P 0x01021997u
#define NETWORK_FUSE 0x65735546u

static struct place place_of(const char *path)
{
    struct policy_stamp stamp = stamp_of_name(path);
    return (struct place){.device = stamp.device, .inode = stamp.inode};
}

static bool same_place(const struct place *one, const struct place *other)
{
    return one->device == other->device && one->inode == other->inode;
}

void policy_watch_begin(struct policy_watch *watch, bool trust_environment)
{
    policy_places_find(&watch->places, trust_environment);
    watch->serves = policy_places_search(&watch->places);
    watch->root = place_of("/");
    watch->directory = place_of(".");
}

/* ---- each of the paths: places before the one that serves, and what the policy was made of ----
 */

typedef bool path_fn(void *context, const char *path, const struct policy_stamp *stamp);

static bool each_path(const struct policy_watch *watch, const struct policy *policy, path_fn *tell,
                      void *context)
{
    static const struct policy_stamp nothing;
    const struct policy_source *sources = policy_at(policy, policy->sources.offset);
    for (unsigned i = 0; i < watch->serves; i++)
        if (!tell(context, watch->places.paths[i], &nothing))
            return false;
    for (uint32_t i = 0; i < policy->sources.count; i++)
        if (!tell(context, policy_at(policy, sources[i].path), &sources[i].stamp))
            return false;
    return true;
}

static bool is_as_it_was(void *context, const char *path, const struct policy_stamp *stamp)
{
    struct policy_stamp now = stamp_of_name(path), then = *stamp;
    (void)context;
    then.mode &= ~POLICY_STAMP_UNREADABLE;
    return stamp_equals(&now, &then);
}

bool policy_watch_is_unchanged(const struct policy_watch *watch, const struct policy *policy)
{
    return !policy->unsettled && each_path(watch, policy, is_as_it_was, NULL);
}

static bool count_state(void *context, const char *path, const struct policy_stamp *stamp)
{
    struct policy_stamp now = stamp_of_name(path);
    uint64_t *state = context;
    (void)stamp;
    *state = hash_mix(*state + hash_bytes(&now, sizeof now));
    return true;
}

uint64_t policy_watch_state(const struct policy_watch *watch, const struct policy *policy)
{
    uint64_t state = 1;
    each_path(watch, policy, count_state, &state);
    return state;
}

static bool is_settled(void *context, const char *path, const struct policy_stamp *stamp)
{
    struct policy_stamp now = stamp_of_name(path);
    (void)context, (void)stamp;
    return stamp_is_of_nothing(&now) || stamp_is_settled(&now);
}

bool policy_watch_is_settled(const struct policy_watch *watch, const struct policy *policy)
{
    return each_path(watch, policy, is_settled, NULL);
}

bool policy_watch_is_in_place(const struct policy_watch *watch)
{
    struct place root = place_of("/"), directory = place_of(".");
    bool relative = watch->places.is_named && watch->places.paths[0][0] != '/';
    return same_place(&root, &watch->root) &&
           (!relative || same_place(&directory, &watch->directory));
}

/* ---- whose file system? ---- */

static bool is_of_network(const struct statfs *status)
{
    static const uint32_t types[] = {NFS_SUPER_MAGIC, SMB_SUPER_MAGIC, CODA_SUPER_MAGIC,
                                     NETWORK_CIFS,    NETWORK_SMB2,    NETWORK_CEPH,
                                     NETWORK_LUSTRE,  NETWORK_9P,      NETWORK_FUSE,
                                     AFS_SUPER_MAGIC, AFS_FS_MAGIC,    NCP_SUPER_MAGIC};
    for (unsigned i = 0; i < sizeof types / sizeof *types; i++)
        if ((uint32_t)status->f_type == types[i])
            return true;
    return false;
}

/* A handler may be on a small stack. */
#define NAME_LONGEST 512

/* What is not there would be in the nearest directory that is. */
static bool is_local(void *context, const char *path, const struct policy_stamp *stamp)
{
    struct statfs status;
    char directory[NAME_LONGEST];
    size_t length = strlen(path);
    (void)context, (void)stamp;
    if (length >= sizeof directory)
        return false;
    memcpy(directory, path, length + 1);
    const char *top = path[0] == '/' ? "/" : ".";
    while (statfs(length > 0 ? directory : top, &status) != 0) {
        if (length == 0)
            return false;
        while (length > 0 && directory[--length] != '/') {}
        directory[length] = '\0';
    }
    return !is_of_network(&status);
}

bool policy_watch_is_local(const struct policy_watch *watch, const struct policy *policy)
{
    return each_path(watch, policy, is_local, NULL);
}
