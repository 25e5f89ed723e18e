/* SPDX-License-Identifier: MIT */
/*
 * Is there anything to do? Each hook asks one of these words first, and where it is 0 the hook is
 * the plain call: a comparison, a branch and a jump (hook.h). Each counts what there is in this
 * process:
 *
 * - connections: that are deferred, opening, lingering, guarded or followed otherwise; for calls
 *   that move bytes, wait, or look at a connection;
 * - waits: the same, and 1 once accepted connections may be guarded; for the waits of event loops,
 *   of which one may be for what another thread accepts meanwhile;
 * - descriptors: the same, notes, and sockets that are this process's own; for calls by which a
 *   descriptor goes, is shared or is told of, after which something else may have its number;
 * - process: 1 while the shim is on; for calls that begin something.
 *
 * A word is never too low: it is raised before there is something, and lowered after it has gone.
 * From its beginning until start-up is through, each is one higher, so that calls made before the
 * shim's constructor find what the next functions are (next.h).
 *
 * They are read without order, and that is enough. What a thread knows of another one's connection
 * it knows by something that orders memory: a lock, a futex, or the kernel, which has told one
 * thread of what another one's system call did. Who has heard nothing could as well have called a
 * moment before. A signal handler runs in the thread that raised the word or between two that did
 * not know of each other; fork() copies words and tables together, a word too high where a thread
 * was between the two; and a child of vfork(), which runs in its parent's memory, records nothing
 * (record.h).
 */
#ifndef TFOSHIM_SHIM_CONCERN_H
#define TFOSHIM_SHIM_CONCERN_H

#include <stdatomic.h>
#include <stdbool.h>

enum concern {
    CONCERN_NOTHING, /* of syscall()'s numbers that no hook is for */
    CONCERN_CONNECTIONS,
    CONCERN_WAITS,
    CONCERN_DESCRIPTORS,
    CONCERN_PROCESS,
    CONCERN_COUNT
};

/* A line of the processor's cache each: what socket() changes is not what every read() asks. */
struct concern_word {
    atomic_uint count;
} __attribute__((aligned(64)));

extern struct concern_word concern_words[CONCERN_COUNT] __attribute__((visibility("hidden")));

/* So many sockets or notes more, or less; the first listener of which accepted connections may be
 * guarded; and a connection. */
static inline void concern_add_descriptors(unsigned count)
{
    atomic_fetch_add(&concern_words[CONCERN_DESCRIPTORS].count, count);
}

static inline void concern_remove_descriptors(unsigned count)
{
    atomic_fetch_sub(&concern_words[CONCERN_DESCRIPTORS].count, count);
}

static inline void concern_add_waits(void)
{
    atomic_fetch_add(&concern_words[CONCERN_WAITS].count, 1);
}

static inline void concern_add_connection(void)
{
    concern_add_descriptors(1);
    concern_add_waits();
    atomic_fetch_add(&concern_words[CONCERN_CONNECTIONS].count, 1);
}

static inline void concern_remove_connection(void)
{
    atomic_fetch_sub(&concern_words[CONCERN_CONNECTIONS].count, 1);
    atomic_fetch_sub(&concern_words[CONCERN_WAITS].count, 1);
    concern_remove_descriptors(1);
}

/* Start-up is through, and the shim is on, or not. */
void concern_started(bool on);

static inline bool concern_any(enum concern concern)
{
    return atomic_load_explicit(&concern_words[concern].count, memory_order_acquire) != 0;
}

/* Goes to `label` of the function that it stands in unless its word is 0. A load and a test of what
 * it brought would be two instructions, and C has no better way to say it; on x86 every load is in
 * order with those after it. Elsewhere it is made so: a process whose other threads run while the
 * library is loaded must not see that start-up is through and miss what it has written. */
#if defined(__x86_64__) || defined(__i386__)
#define CONCERN_GO(concern, label)                                                                 \
    __asm__ goto("cmpl $0, %0\n\tjne %l[" #label "]"                                               \
                 :                                                                                 \
                 : "m"(concern_words[concern].count)                                               \
                 : "cc", "memory"                                                                  \
                 : label)
#else
#define CONCERN_GO(concern, label)                                                                 \
    do {                                                                                           \
        if (__builtin_expect(concern_any(concern), 0))                                             \
            goto label;                                                                            \
    } while (0)
#endif

#endif
