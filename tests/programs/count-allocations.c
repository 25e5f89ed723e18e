/* SPDX-License-Identifier: MIT */
/*
 * To be preloaded, before all others: appends to the file ALLOCATIONS how often the program's
 * process has allocated, from the moment at which every preloaded library has started up.
 */
#include <fcntl.h>
#include <malloc.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define SHOWN __attribute__((visibility("default")))

/* The C library's own, under names that need no looking up. */
void *__libc_malloc(size_t);
void *__libc_calloc(size_t, size_t);
void *__libc_realloc(void *, size_t);
void *__libc_memalign(size_t, size_t);

static atomic_bool counting;
static atomic_ulong count;

static void one(void)
{
    if (counting)
        count++;
}

SHOWN void *malloc(size_t size)
{
    one();
    return __libc_malloc(size);
}

SHOWN void *calloc(size_t items, size_t size)
{
    one();
    return __libc_calloc(items, size);
}

SHOWN void *realloc(void *old, size_t size)
{
    one();
    return __libc_realloc(old, size);
}

SHOWN void *memalign(size_t alignment, size_t size)
{
    one();
    return __libc_memalign(alignment, size);
}

SHOWN void *aligned_alloc(size_t alignment, size_t size)
{
    return memalign(alignment, size);
}

/* The first library of a list is the last to be started up. */
__attribute__((constructor)) static void start(void)
{
    counting = true;
}

__attribute__((destructor)) static void end(void)
{
    char line[32];
    const char *path = getenv("ALLOCATIONS");
    counting = false;
    int fd = path ? open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666) : -1;
    int length = snprintf(line, sizeof line, "%lu\n", count);
    if (fd < 0 || write(fd, line, (size_t)length) != length)
        abort();
    close(fd);
}
