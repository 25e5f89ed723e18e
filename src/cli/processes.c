/* SPDX-License-Identifier: MIT */
#include "cli/processes.h"
#include "cli/util.h"
#include "kernel/proc.h"
#include "kernel/shared_memory.h"
#include "memory/memory.h"
#include "policy/flat.h"
#include "shim/policy_kept.h"

#include <dirent.h>
#include <elf.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- what /proc says of one ---- */

/* /proc/PID/NAME, to be closed; NULL: errno says why. */
static FILE *open_of(pid_t process, const char *name)
{
    char path[64];
    if (process == 0)
        snprintf(path, sizeof path, "/proc/self/%s", name);
    else
        snprintf(path, sizeof path, "/proc/%d/%s", process, name);
    return fopen(path, "re");
}

bool process_status(pid_t process, const char *name, char *value, size_t size)
{
    const size_t length = strlen(name);
    char line[256];
    bool found = false;
    FILE *file = open_of(process, "status");
    while (file != NULL && !found && fgets(line, sizeof line, file) != NULL) {
        found = strncmp(line, name, length) == 0 && line[length] == ':';
        if (found)
            snprintf(value, size, "%s", line + length + 1);
    }
    if (file != NULL)
        fclose(file);
    return found;
}

/* As ps(1) has it; "" where that cannot be read. */
static void name_of(char name[PROCESS_NAME_MOST], pid_t process)
{
    FILE *file = open_of(process, "comm");
    name[0] = '\0';
    if (file != NULL && fgets(name, PROCESS_NAME_MOST, file) != NULL)
        name[strcspn(name, "\n")] = '\0';
    if (file != NULL)
        fclose(file);
    for (char *at = name; *at != '\0'; at++)
        if (*at < ' ' || *at > '~')
            *at = '?';
}

void process_text(char text[PROCESS_TEXT_MOST], pid_t process)
{
    char name[PROCESS_NAME_MOST];
    name_of(name, process);
    snprintf(text, PROCESS_TEXT_MOST, name[0] != '\0' ? "%d (%s)" : "%d", process, name);
}

/* The library's path in a line of /proc/PID/maps, which loses its newline; NULL: the line is about
 * something else. The dynamic linker maps it by its name, which stays when the file is replaced. */
static const char *library_of(char *line)
{
    const char *path = strchr(line, '/');
    line[strcspn(line, "\n")] = '\0';
    return path != NULL && strstr(path, "/libtfoshim.so") != NULL ? path : NULL;
}

bool process_has_library(pid_t process)
{
    FILE *maps = open_of(process, "maps");
    char *line = NULL;
    size_t size = 0;
    bool found = false;
    while (maps != NULL && !found && getline(&line, &size, maps) > 0)
        found = library_of(line) != NULL;
    free(line);
    if (maps != NULL)
        fclose(maps);
    return found;
}

char *process_strings(pid_t process, const char *name, size_t *size)
{
    FILE *file = open_of(process, name);
    char *text = NULL;
    size_t room = 0;
    *size = 0;
    if (file == NULL)
        return NULL;
    do {
        room += 4096;
        text = need_memory(realloc(text, room + 1));
        *size += fread(text + *size, 1, room - *size, file);
    } while (*size == room);
    text[*size] = '\0';
    if (ferror(file)) {
        const int error = errno;
        free(text);
        text = NULL;
        errno = error;
    }
    fclose(file);
    return text;
}

bool process_is_secure(pid_t process)
{
    FILE *file = open_of(process, "auxv");
    ElfW(auxv_t) entry;
    bool is_secure = false;
    while (file != NULL && fread(&entry, sizeof entry, 1, file) == 1)
        if (entry.a_type == AT_SECURE)
            is_secure = entry.a_un.a_val != 0;
    if (file != NULL)
        fclose(file);
    return is_secure;
}

/* ---- which version of the policy it has ---- */

/* No process is asked, nor counts itself anywhere: the policies that are shared lie in segments of
 * System V shared memory, and the kernel lists with each process which of them it has. */

/* The owner can make the segment writable and write to it at any time: only a copy is trusted. */
static struct policy *copy_of(const struct kept *kept, size_t size)
{
    struct policy *copy = kept->mark == KEPT_MARK ? need_memory(malloc(size)) : NULL;
    if (copy == NULL)
        return NULL;
    memcpy(copy, &kept->policy, size);
    if (policy_head_is_usable(copy, size))
        return copy;
    free(copy);
    return NULL;
}

/* NULL: the segment holds no policy of that user's. */
static struct policy *copy_segment(int id, uid_t owner)
{
    struct shmid_ds status;
    struct policy *copy;
    struct kept *kept;
    if (shmctl(id, IPC_STAT, &status) != 0)
        return NULL;
    /* An outdated one has been removed, but exists as long as a process has it. */
    status.shm_perm.mode &= ~(unsigned)SHM_DEST;
    if (!shared_memory_is_of(&status, owner, KEPT_WHOLE) || status.shm_segsz < sizeof *kept)
        return NULL;
    kept = shared_memory_attach(id, SHM_RDONLY);
    if (kept == NULL)
        return NULL;
    copy = copy_of(kept, status.shm_segsz - KEPT_HEAD);
    shmdt(kept);
    return copy;
}

static void copy_version(char version[PROCESS_VERSION_MOST], const struct policy *policy)
{
    snprintf(version, PROCESS_VERSION_MOST, "%08" PRIx32, policy->written);
}

/* A segment of that number, which the process has. */
static void add_segment(struct process *process, int id, uid_t owner)
{
    struct policy *policy = copy_segment(id, owner);
    if (policy == NULL) {
        if (memory_is_segment(id))
            process->memory = id;
        return;
    }
    if (policy->refusal != 0 && process->refusal == NULL)
        process->refusal = need_memory(strdup(policy_at(policy, policy->refusal)));
    if (process->policy == NULL)
        process->policy = need_memory(strdup(policy_path(policy)));
    if (policy->refusal == 0 && process->version[0] == '\0') {
        copy_version(process->version, policy);
        process->in_force = policy;
        return;
    }
    if (policy->refusal == 0)
        copy_version(process->former, policy);
    free(policy);
}

/* "ADDRESSES RIGHTS OFFSET DEVICE INODE NAME": of a segment the inode is its number, and the name
 * is made of its key. */
static int segment_of(const char *line)
{
    for (int i = 0; i < 4; i++) {
        line += strcspn(line, " ");
        line += strspn(line, " ");
    }
    return (int)strtol(line, NULL, 10);
}

static void read_maps(struct process *process, FILE *maps, uid_t owner)
{
    char *line = NULL;
    size_t size = 0;
    while (getline(&line, &size, maps) > 0) {
        const char *library = library_of(line);
        if (library != NULL && process->library == NULL)
            process->library = need_memory(strdup(library));
        if (!process->is_apart && strstr(line, "/SYSV") != NULL)
            add_segment(process, segment_of(line), owner);
    }
    free(line);
}

bool process_read(struct process *process, pid_t pid, uid_t owner)
{
    FILE *maps = open_of(pid, "maps");
    /* Numbers of segments are those of one IPC namespace. */
    *process =
        (struct process){.pid = pid, .memory = -1, .is_apart = !proc_shares_namespace(pid, "ipc")};
    if (maps == NULL)
        return false;
    read_maps(process, maps, owner);
    name_of(process->program, pid);
    fclose(maps);
    return true;
}

void process_drop(struct process *process)
{
    free(process->policy);
    free(process->refusal);
    free(process->library);
    free((void *)process->in_force);
}

/* ---- those that have the library ---- */

static void add(struct processes *processes, pid_t pid, uid_t owner)
{
    struct process process;
    if (!process_read(&process, pid, owner))
        return;
    if (process.library != NULL) {
        processes->all = need_room(processes->all, processes->count + 1, sizeof *processes->all);
        processes->all[processes->count++] = process;
    } else {
        process_drop(&process);
    }
}

static int compare_texts(const char *one, const char *other)
{
    return strcmp(one != NULL ? one : "", other != NULL ? other : "");
}

static int compare_words(const struct process *one, const struct process *other)
{
    int order = strcmp(one->program, other->program);
    if (order == 0)
        order = compare_texts(one->policy, other->policy);
    if (order == 0)
        order = strcmp(one->version, other->version);
    if (order == 0)
        order = strcmp(one->former, other->former);
    return order != 0 ? order : compare_texts(one->refusal, other->refusal);
}

size_t processes_same(const struct processes *processes, size_t from)
{
    size_t count = 1;
    while (from + count < processes->count &&
           compare_words(&processes->all[from], &processes->all[from + count]) == 0)
        count++;
    return count;
}

static int compare(const void *left, const void *right)
{
    const struct process *one = left, *other = right;
    const int order = compare_words(one, other);
    return order != 0 ? order : (one->pid > other->pid) - (one->pid < other->pid);
}

static bool is_wanted(const struct memories *memories, uid_t owner)
{
    if (memories->name != NULL)
        return owner == memories->user;
    return geteuid() == 0 || owner == geteuid();
}

void processes_collect(struct processes *processes, const struct memories *memories)
{
    DIR *directory = opendir("/proc");
    const struct dirent *entry;
    *processes = (struct processes){.count = 0};
    while (directory != NULL && (entry = readdir(directory)) != NULL) {
        struct stat status;
        long long pid;
        if (read_number(&pid, entry->d_name, 1, INT_MAX) && pid != getpid() &&
            fstatat(dirfd(directory), entry->d_name, &status, 0) == 0 &&
            is_wanted(memories, status.st_uid))
            add(processes, (pid_t)pid, status.st_uid);
    }
    if (directory != NULL)
        closedir(directory);
    if (processes->count > 0)
        qsort(processes->all, processes->count, sizeof *processes->all, compare);
}

void processes_drop(struct processes *processes)
{
    for (size_t i = 0; i < processes->count; i++)
        process_drop(&processes->all[i]);
    free(processes->all);
}
