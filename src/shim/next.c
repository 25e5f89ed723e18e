/* SPDX-License-Identifier: MIT */
#include "shim/next.h"

#include <dlfcn.h>
#include <errno.h>

struct next_functions next_functions;

/* Stands in for an optional function that this C library lacks. No program that was linked with it
 * can call the symbol; one that finds it with dlsym() is told the truth. */
static int missing_function(void)
{
    errno = ENOSYS;
    return -1;
}

static void *look_up(const char *symbol)
{
    return dlsym(RTLD_NEXT, symbol);
}

void next_resolve(bool with_optional)
{
    /* ISO C has no conversion from an object pointer to a function pointer; POSIX guarantees that
     * the representation is the same. */
#define HOOK(symbol, kind, number) *(void **)&next_functions.symbol = look_up(#symbol);
#define HOOK_OPTIONAL(symbol, kind, number)
#define HOOK_ALIAS(symbol, hook)
#include "shim/hooks.def"
#undef HOOK
#undef HOOK_OPTIONAL
    if (!with_optional)
        return;

#define HOOK(symbol, kind, number)
#define HOOK_OPTIONAL(symbol, kind, number)                                                        \
    *(void **)&next_functions.symbol = look_up(#symbol);                                           \
    if (!next_functions.symbol)                                                                    \
        next_functions.symbol = (__typeof__(&(symbol)))(void (*)(void))missing_function;
#include "shim/hooks.def"
#undef HOOK
#undef HOOK_OPTIONAL
#undef HOOK_ALIAS
}

bool next_is_missing(const void *function)
{
    return !function || function == (const void *)missing_function;
}

void *next_late(const char *symbol, const char *const libraries[])
{
    void *found = NULL;
    for (; !found && *libraries; libraries++) {
        void *library = dlopen(*libraries, RTLD_LAZY | RTLD_NOLOAD);
        if (!library)
            continue;
        found = dlsym(library, symbol);
        dlclose(library); /* whoever calls holds it */
    }
    return found;
}

bool next_is_libc(const void *function)
{
    Dl_info theirs, libc;
    return function && dladdr(function, &theirs) &&
           dladdr(look_up("gnu_get_libc_version"), &libc) && theirs.dli_fbase == libc.dli_fbase;
}
