/* SPDX-License-Identifier: MIT */
/*
 * The module's malloc() and its kin: the program's.
 *
 * Opened with RTLD_DEEPBIND, libconfig would find the C library's free() before the program's own,
 * while memory that the C library allocates for it, in strdup() say, comes from the program's
 * malloc(): what jemalloc has given would go to the C library's free(). So the module, which
 * libconfig searches first, hands all of them on to the program's.
 */
#include <dlfcn.h>
#include <stddef.h>

#define EXPORTED __attribute__((visibility("default")))

EXPORTED void *malloc(size_t size);
EXPORTED void *calloc(size_t count, size_t size);
EXPORTED void *realloc(void *block, size_t size);
EXPORTED void free(void *block);

static struct {
    void *(*malloc)(size_t);
    void *(*calloc)(size_t, size_t);
    void *(*realloc)(void *, size_t);
    void (*free)(void *);
} program;

/* RTLD_DEFAULT would begin at this module; dlopen(NULL) is the program's scope, without it. */
__attribute__((constructor)) static void find_the_programs(void)
{
    void *scope = dlopen(NULL, RTLD_LAZY);
    *(void **)&program.malloc = dlsym(scope, "malloc");
    *(void **)&program.calloc = dlsym(scope, "calloc");
    *(void **)&program.realloc = dlsym(scope, "realloc");
    *(void **)&program.free = dlsym(scope, "free");
    dlclose(scope);
}

void *malloc(size_t size)
{
    return program.malloc(size);
}

void *calloc(size_t count, size_t size)
{
    return program.calloc(count, size);
}

void *realloc(void *block, size_t size)
{
    return program.realloc(block, size);
}

void free(void *block)
{
    program.free(block);
}
