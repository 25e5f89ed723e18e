/* SPDX-License-Identifier: MIT */
#include "shim/next.h"

#include "shim/search_order.h"

#include <dlfcn.h>
#include <errno.h>
#include <stddef.h>
#include <string.h>

/* What a hook made by HOOK_WHILE has for its next function at first; the others have none. */
#define HOOK(symbol, kind, number)                                                                 \
    extern __typeof__(symbol) first_##symbol __attribute__((weak, visibility("hidden")));
#define HOOK_OPTIONAL(symbol, kind, number) HOOK(symbol, kind, number)
#define HOOK_ALIAS(symbol, hook)
#include "shim/hooks.def"
#undef HOOK

struct next_functions next_functions = {
#define HOOK(symbol, kind, number) .symbol = (__typeof__(&(symbol)))(void (*)(void))first_##symbol,
#include "shim/hooks.def"
#undef HOOK
#undef HOOK_OPTIONAL
#undef HOOK_ALIAS
};

atomic_bool next_found;

static struct search_order order; /* known before the words of concern.h fall */
static bool connect_is_libc;

// NOLINTBEGIN(bugprone-sizeof-expression) a name's length is its size
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
// NOLINTEND(bugprone-sizeof-expression)
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
static void **place(size_t i)
{
    return &((void **)&next_functions)[i];
}

static void put(size_t i, void *address)
{
    void *missing;
    *(int (**)(void)) & missing = missing_function;
    __atomic_store_n(place(i), address ? address : missing, __ATOMIC_RELAXED);
}

/* What another library defines in a way of which only the dynamic linker knows the meaning (an
 * indirect function) it is asked for, in a first call too. No C library has such among these. */
void next_find(size_t i)
{
    void *address;
    enum search_answer answer =
        order.count ? search_order_find(&order, wanted[i].name, wanted[i].hash, &address, NULL)
                    : SEARCH_ASK;
    if (answer == SEARCH_ASK)
        address = dlsym(RTLD_NEXT, wanted[i].name);
    put(i, answer == SEARCH_NONE ? NULL : address);
}

/* Two threads may be here at once, and one be through first: what it uses the other one must not
 * take away, so that it is written once more only with what is there already. */
static bool know_order(void)
{
    struct search_order read;
    if (!search_order_read(&read))
        return false;
    memcpy(order.objects, read.objects, read.count * sizeof *read.objects);
    order.count = read.count;
    return true;
}

static bool search(void)
{
    const struct search_object *connects;
    void *address;
    if (!know_order())
        return false;
    for (size_t i = 0; i < COUNT; i++)
        if (!*place(i))
            next_find(i);
    connect_is_libc = search_order_find(&order, "connect", SEARCH_HASH("connect"), &address,
                                        &connects) == SEARCH_FOUND &&
                      connects == &order.objects[order.count - 1];
    return true;
}

static void ask_linker(bool optional)
{
    for (size_t i = 0; i < COUNT; i++)
        if (wanted[i].optional == optional)
            put(i, dlsym(RTLD_NEXT, wanted[i].name));
}

void next_resolve(void)
{
    int saved = errno;
    if (!search())
        ask_linker(false);
    atomic_store_explicit(&next_found, true, memory_order_release);
    errno = saved;
}

void next_start(void)
{
    Dl_info connects, libc;
    next_ready();
    if (order.count)
        return;
    ask_linker(true);
    const void *version = dlsym(RTLD_NEXT, "gnu_get_libc_version");
    connect_is_libc = version && dladdr((const void *)next_functions.connect, &connects) &&
                      dladdr(version, &libc) && connects.dli_fbase == libc.dli_fbase;
}

void *next_or_late(void *function, const char *symbol, const char *const libraries[])
{
    void *found = NULL;
    if (function && function != (void *)missing_function)
        return function;
    for (; !found && *libraries; libraries++) {
        void *library = dlopen(*libraries, RTLD_LAZY | RTLD_NOLOAD);
        if (!library)
            continue;
        found = dlsym(library, symbol);
        dlclose(library); /* whoever calls holds it */
    }
    return found;
}

bool next_connect_is_libc(void)
{
    return connect_is_libc;
}
