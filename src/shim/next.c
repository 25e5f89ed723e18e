/* SPDX-License-Identifier: MIT */
#include "shim/next.h"

#include "shim/search_order.h"

#include <dlfcn.h>
#include <errno.h>
#include <stddef.h>

struct next_functions next_functions;
atomic_bool next_found;

static bool connect_is_libc;

/* In the order of struct next_functions, and without a pointer in it, for the dynamic linker would
 * have to correct each. */
static const struct wanted {
    char name[32];
    uint32_t hash;
    bool optional;
} wanted[] = {
#define HOOK(symbol, kind, number) {#symbol, SEARCH_HASH(#symbol), false},
#define HOOK_OPTIONAL(symbol, kind, number) {#symbol, SEARCH_HASH(#symbol), true},
#define HOOK_ALIAS(symbol, hook)
#include "shim/hooks.def"
#undef HOOK
#undef HOOK_OPTIONAL
#undef HOOK_ALIAS
};
#define COUNT (sizeof wanted / sizeof *wanted)

_Static_assert(sizeof next_functions == COUNT * sizeof(void *), "a name for each function");

/* Stands in for a function that this C library lacks. No program that was linked with it can call
 * the symbol; one that finds it with dlsym() is told the truth. */
static int missing_function(void)
{
    errno = ENOSYS;
    return -1;
}

/* ISO C has no conversion from an object pointer to a function pointer; POSIX guarantees that
 * the representation is the same. */
static void put(size_t i, void *address)
{
    void *missing;
    *(int (**)(void)) & missing = missing_function;
    ((void **)&next_functions)[i] = address ? address : missing;
}

static void *look_up(const struct search_order *order, const struct wanted *what)
{
    void *address;
    switch (search_order_find(order, what->name, what->hash, &address, NULL)) {
    case SEARCH_FOUND:
        return address;
    case SEARCH_NONE:
        return NULL;
    default:
        return dlsym(RTLD_NEXT, what->name);
    }
}

/* The C library must be among the objects: then what none of them has there is not. */
static bool search(void)
{
    struct search_order order;
    const struct link_map *libc, *connects;
    void *address;
    if (!search_order_read(&order) ||
        search_order_find(&order, "gnu_get_libc_version", SEARCH_HASH("gnu_get_libc_version"),
                          &address, &libc) != SEARCH_FOUND)
        return false;
    for (size_t i = 0; i < COUNT; i++)
        put(i, look_up(&order, &wanted[i]));
    connect_is_libc = search_order_find(&order, "connect", SEARCH_HASH("connect"), &address,
                                        &connects) == SEARCH_FOUND &&
                      connects == libc;
    return true;
}

/* Those that must be there first: a dlsym() that fails allocates, and an allocator may call hooks.
 */
static void ask_linker(void)
{
    for (size_t i = 0; i < COUNT; i++)
        put(i, wanted[i].optional ? NULL : dlsym(RTLD_NEXT, wanted[i].name));
    atomic_store_explicit(&next_found, true, memory_order_release);
    for (size_t i = 0; i < COUNT; i++)
        if (wanted[i].optional)
            put(i, dlsym(RTLD_NEXT, wanted[i].name));

    Dl_info connects, libc;
    const void *version = dlsym(RTLD_NEXT, "gnu_get_libc_version");
    connect_is_libc = version && dladdr((const void *)next_functions.connect, &connects) &&
                      dladdr(version, &libc) && connects.dli_fbase == libc.dli_fbase;
}

void next_resolve(void)
{
    int saved = errno;
    if (!search())
        ask_linker();
    atomic_store_explicit(&next_found, true, memory_order_release);
    errno = saved;
}

bool next_connect_is_libc(void)
{
    return connect_is_libc;
}
