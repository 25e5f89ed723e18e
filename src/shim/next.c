/* SPDX-License-Identifier: MIT */
#include "shim/next.h"

#include "shim/search_order.h"

#include <dlfcn.h>
#include <errno.h>
#include <stddef.h>
#include <string.h>

#define NEXT_FUNCTION(symbol, optional)                                                            \
    extern __typeof__(symbol) first_##symbol __attribute__((visibility("hidden")));
#include "shim/next.def"

struct next_functions next_functions = {
#define NEXT_FUNCTION(symbol, optional)                                                            \
    .symbol = (__typeof__(&(symbol)))(void (*)(void))first_##symbol,
#include "shim/next.def"
};

atomic_bool next_found;

static struct search_order order; /* known before the words of concern.h fall */

// NOLINTBEGIN(bugprone-sizeof-expression) a name's length is its size
/* In the order of struct next_functions, and without a pointer in it, for the dynamic linker would
 * have to correct each. */
static const struct wanted {
    char name[32];
    uint32_t hash;
    bool optional;
} wanted[] = {
#define NEXT_FUNCTION(symbol, optional) {#symbol, SEARCH_HASH(#symbol), optional},
#include "shim/next.def"
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

/* musl has one name for what programs call by two, with 64 at the end or without; since its version
 * 1.2.4 its dynamic linker knows the former in programs alone, and not in dlsym(). */
static size_t length_without_64(const char *name)
{
    size_t length = strlen(name);
    return *name != '_' && length > 2 && strcmp(name + length - 2, "64") == 0 ? length - 2 : 0;
}

static void *without_64(const char *name)
{
    char shorter[sizeof wanted->name];
    size_t length = length_without_64(name);
    if (length == 0)
        return NULL;
    memcpy(shorter, name, length);
    shorter[length] = '\0';
    return dlsym(RTLD_NEXT, shorter);
}

static void ask_linker(size_t i)
{
    int saved = errno;
    void *found = dlsym(RTLD_NEXT, wanted[i].name);
    put(i, found ? found : without_64(wanted[i].name));
    errno = saved;
}

/* What another library defines in a way of which only the dynamic linker knows the meaning (an
 * indirect function) it is asked for, in a first call too. No C library has such among these. */
void next_find(size_t i)
{
    void *address;
    enum search_answer answer =
        order.count ? search_order_find(&order, wanted[i].name, wanted[i].hash, &address, NULL)
                    : SEARCH_ASK;
    if (answer == SEARCH_ASK || (answer == SEARCH_NONE && length_without_64(wanted[i].name)))
        ask_linker(i);
    else
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

static void ask_for_all(bool optional)
{
    for (size_t i = 0; i < COUNT; i++)
        if (wanted[i].optional == optional)
            ask_linker(i);
}

void next_resolve(void)
{
    int saved = errno;
    if (!know_order())
        ask_for_all(false);
    atomic_store_explicit(&next_found, true, memory_order_release);
    errno = saved;
}

void next_start(void)
{
    next_ready();
    if (!order.count)
        ask_for_all(true);
}

void *next_or_late(size_t i, const void *first, const char *const libraries[])
{
    void *found = NULL;
    if (*place(i) == first)
        next_find(i);
    if (*place(i) != (void *)missing_function)
        return *place(i);
    for (; !found && *libraries; libraries++) {
        void *library = dlopen(*libraries, RTLD_LAZY | RTLD_NOLOAD);
        if (!library)
            continue;
        found = dlsym(library, wanted[i].name);
        dlclose(library); /* whoever calls holds it */
    }
    return found;
}

static bool connect_is_beside(const char *function)
{
    Dl_info connects, others;
    const void *other = dlsym(RTLD_NEXT, function);
    return other && dladdr((const void *)next_functions.connect, &connects) &&
           dladdr(other, &others) && connects.dli_fbase == others.dli_fbase;
}

/* Before its version 2.34 glibc has connect() twice: in its part for threads as well, if that is
 * there. Nobody has reason to stand in for the last of these functions. */
static bool linker_says_libc(void)
{
    return dlsym(RTLD_NEXT, SEARCH_LIBC) &&
           (connect_is_beside(SEARCH_LIBC) || connect_is_beside("pthread_getconcurrency"));
}

bool next_connect_is_libc(void)
{
    const struct search_object *connects;
    void *address;
    if (!order.count)
        return linker_says_libc();
    return search_order_find(&order, "connect", SEARCH_HASH("connect"), &address, &connects) ==
               SEARCH_FOUND &&
           connects == &order.objects[order.count - 1];
}
