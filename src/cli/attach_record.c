/* SPDX-License-Identifier: MIT */
#include "cli/attach_record.h"
#include "cli/util.h"
#include "memory/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_NAME "attached"
#define DIRECTORY_OF_ROOT "/run/tfoshim"

/* Nothing tells that a socket is gone: the oldest entries are dropped. */
#define ENTRIES_MOST 4096

#define BOOT_FILE "/proc/sys/kernel/random/boot_id"
#define BOOT_SIZE 40

/* Root's is always the same: its environment differs by sudo and after another login. */
static bool find_directory(char directory[PATH_MAX])
{
    char *slash;
    if (geteuid() == 0) {
        snprintf(directory, PATH_MAX, "%s", DIRECTORY_OF_ROOT);
        return true;
    }
    if (!memory_path(directory, PATH_MAX, true))
        return false;
    slash = strrchr(directory, '/');
    *slash = '\0';
    return true;
}

static const char *objection(int fd)
{
    struct stat status;
    if (fstat(fd, &status) != 0)
        return strerror(errno);
    if (!S_ISREG(status.st_mode) || status.st_uid != geteuid() || status.st_mode & 077)
        return "expected a regular file of this user with mode 0600";
    return NULL;
}

/* -1 after a complaint. */
static int open_file(const char *verb)
{
    char directory[PATH_MAX], path[PATH_MAX + sizeof(FILE_NAME) + 1];
    const char *problem;
    int fd;
    if (!find_directory(directory)) {
        complain("%s: there is no runtime directory ($XDG_RUNTIME_DIR) for the record", verb);
        return -1;
    }
    mkdir(directory, 0700);
    snprintf(path, sizeof path, "%s/%s", directory, FILE_NAME);
    fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);
    problem = fd < 0 || flock(fd, LOCK_EX) != 0 ? strerror(errno) : objection(fd);
    if (problem == NULL)
        return fd;
    complain("%s: cannot use the record %s: %s", verb, path, problem);
    if (fd >= 0)
        close(fd);
    return -1;
}

/* Which boot this is: the kernel numbers its sockets anew with each. */
static void read_boot(char boot[BOOT_SIZE])
{
    FILE *file = fopen(BOOT_FILE, "re");
    if (file == NULL || fgets(boot, BOOT_SIZE, file) == NULL)
        boot[0] = '\0';
    boot[strcspn(boot, "\n")] = '\0';
    if (file != NULL)
        fclose(file);
}

static void read_entries(struct attach_record *record)
{
    char boot[BOOT_SIZE], line[64];
    FILE *file = need_memory(fdopen(dup(record->fd), "r"));
    unsigned long long cookie;
    char *end;
    read_boot(boot);
    line[0] = '\0';
    if (fgets(line, sizeof line, file) != NULL)
        line[strcspn(line, "\n")] = '\0';
    if (strcmp(line, boot) == 0)
        while (fgets(line, sizeof line, file) != NULL) {
            cookie = strtoull(line, &end, 10);
            attach_record_put(record, cookie, (int)strtol(end, NULL, 10));
        }
    fclose(file);
}

bool attach_record_open(struct attach_record *record, const char *verb)
{
    *record = (struct attach_record){.fd = open_file(verb)};
    if (record->fd < 0)
        return false;
    read_entries(record);
    return true;
}

void attach_record_close(struct attach_record *record)
{
    close(record->fd);
    free(record->entries);
}

int attach_record_queue(const struct attach_record *record, uint64_t cookie)
{
    for (size_t i = 0; i < record->count; i++)
        if (record->entries[i].cookie == cookie)
            return record->entries[i].queue;
    return 0;
}

static void strike_out(struct attach_record *record, size_t at)
{
    record->count--;
    memmove(record->entries + at, record->entries + at + 1,
            (record->count - at) * sizeof *record->entries);
}

void attach_record_put(struct attach_record *record, uint64_t cookie, int queue)
{
    for (size_t i = 0; i < record->count; i++)
        if (record->entries[i].cookie == cookie)
            strike_out(record, i);
    if (queue <= 0)
        return;
    if (record->count == ENTRIES_MOST)
        strike_out(record, 0);
    record->entries = need_room(record->entries, record->count + 1, sizeof *record->entries);
    record->entries[record->count++] = (struct attach_entry){cookie, queue};
}

bool attach_record_save(const struct attach_record *record, const char *verb)
{
    char boot[BOOT_SIZE], *text = NULL;
    size_t size;
    FILE *stream = need_memory(open_memstream(&text, &size));
    bool done;
    read_boot(boot);
    fprintf(stream, "%s\n", boot);
    for (size_t i = 0; i < record->count; i++)
        fprintf(stream, "%" PRIu64 " %d\n", record->entries[i].cookie, record->entries[i].queue);
    fclose(stream);
    done = pwrite(record->fd, need_memory(text), size, 0) == (ssize_t)size &&
           ftruncate(record->fd, (off_t)size) == 0;
    if (!done)
        complain_errno("%s: cannot write the record", verb);
    free(text);
    return done;
}
