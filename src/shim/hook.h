/* SPDX-License-Identifier: MIT */
/* What every file in hooks/ is made of. */
#ifndef TFOSHIM_SHIM_HOOK_H
#define TFOSHIM_SHIM_HOOK_H

/* Before all others: it decides which names the C library's headers give. */
#include "shim/declarations.h"

#include "shim/concern.h"
#include "shim/machine.h"
#include "shim/next.h"
#include "shim/story.h"
#include "shim/waiting.h"

#include <errno.h>

/* A function that is exported in the C library's place. */
#define SHIM_HOOK __attribute__((visibility("default")))

/* A second name for a hook that stands in the same file. */
#define SHIM_ALIAS(hook) __attribute__((visibility("default"), alias(#hook)))

/* Where there are connections whose story may go on in this hook, it is to tell in which. */
#define HOOK_CALLED_AS(name) (machine_idle() ? (void)0 : story_in_call(name))

/* What a hook that cannot be made by HOOK_WHILE begins with. */
#define HOOK_ENTERED(name) (next_ready(), HOOK_CALLED_AS(name))

/* Is the plain call to be made after all? Before start-up is through the words are not 0. */
#define HOOK_IDLE_CONCERN_CONNECTIONS() machine_idle()
#define HOOK_IDLE_CONCERN_WAITS() false
#define HOOK_IDLE_CONCERN_DESCRIPTORS() false
#define HOOK_IDLE_CONCERN_PROCESS() false

/* How often the way through it is taken: always, by those that ask whether the shim is on. */
#define HOOK_TAKEN_CONCERN_CONNECTIONS cold
#define HOOK_TAKEN_CONCERN_WAITS cold
#define HOOK_TAKEN_CONCERN_DESCRIPTORS cold
#define HOOK_TAKEN_CONCERN_PROCESS hot

/*
 * A hook that has something to do only while a word of concern.h is not 0. Else it is the next
 * function, to which it jumps with its arguments where they are: what it does otherwise is a
 * function of its own, never inlined, or the compiler would save registers before it looks. The
 * body that follows the macro is that function's.
 */
#define HOOK_WHILE(concern, type, name, parameters, arguments)                                     \
    HOOK_MADE_OF(concern, type, name, name, next_functions.name, parameters, arguments)

/* The same of a function whose last arguments vary: they travel as if it had just these. */
#define HOOK_VARIADIC_WHILE(concern, type, name, parameters, arguments)                            \
    SHIM_HOOK type hook_##name parameters __asm__(#name);                                          \
    HOOK_MADE_OF(concern, type, hook_##name, name,                                                 \
                 ((type(*) parameters)(void (*)(void))next_functions.name), parameters, arguments)

/* The same of one that headers may redirect to another symbol. */
#define HOOK_SYMBOL_WHILE(concern, type, name, parameters, arguments)                              \
    SHIM_HOOK type hook_##name parameters __asm__(#name);                                          \
    HOOK_MADE_OF(concern, type, hook_##name, name, next_functions.name, parameters, arguments)

#define HOOK_MADE_OF(concern, type, function, name, next, parameters, arguments)                   \
    static inline type do_##name parameters;                                                       \
    NEXT_FIRST(type, name, next, parameters, arguments)                                            \
    static __attribute__((noinline, HOOK_TAKEN_##concern)) type look_##name parameters             \
    {                                                                                              \
        next_ready();                                                                              \
        if (HOOK_IDLE_##concern())                                                                 \
            return next arguments;                                                                 \
        HOOK_CALLED_AS(#name);                                                                     \
        return do_##name arguments;                                                                \
    }                                                                                              \
    SHIM_HOOK type function parameters                                                             \
    {                                                                                              \
        CONCERN_GO(concern, look);                                                                 \
        return next arguments;                                                                     \
    look:                                                                                          \
        return look_##name arguments;                                                              \
    }                                                                                              \
    static inline type do_##name parameters

static inline int hook_fail(int error)
{
    errno = error;
    return -1;
}

#endif
