/* SPDX-License-Identifier: MIT */
/* A call that the program makes by its number, for the functions that know its kind (hooks.def). */
#ifndef TFOSHIM_SHIM_HOOKS_BY_NUMBER_H
#define TFOSHIM_SHIM_HOOKS_BY_NUMBER_H

#include "contract.h"

/* An argument fills a register, whichever it is. */
union argument {
    long word;
    void *pointer;
};

struct call {
    long number;
    union argument a[6];
};

/* Makes it. The real call stays a system call, for another preloaded library may make the call of
 * which it takes the place. */
long call_plainly(const struct call *) NONNULL;

/* Makes it as if syscall() had been called so. */
long call_by_number(const struct call *) NONNULL;

/* The kinds of hooks.def. */
long CONNECT_by_number(const struct call *) NONNULL;
long WRITE_by_number(const struct call *) NONNULL;
long BULK_WRITE_by_number(const struct call *) NONNULL;
long TRANSFER_by_number(const struct call *) NONNULL;
long READ_by_number(const struct call *) NONNULL;
long ACCEPT_by_number(const struct call *) NONNULL;
long READINESS_by_number(const struct call *) NONNULL;
long WATCH_by_number(const struct call *) NONNULL;
long CLOSE_by_number(const struct call *) NONNULL;
long SHARE_by_number(const struct call *) NONNULL;
long PROCESS_by_number(const struct call *) NONNULL;
long SOCKET_by_number(const struct call *) NONNULL;
long LISTEN_by_number(const struct call *) NONNULL;
long NAME_by_number(const struct call *) NONNULL;
long OPTION_by_number(const struct call *) NONNULL;
long BLOCK_by_number(const struct call *) NONNULL;
long USER_by_number(const struct call *) NONNULL;
long NAMESPACE_by_number(const struct call *) NONNULL;
long SANDBOX_by_number(const struct call *) NONNULL;
long SUBMIT_by_number(const struct call *) NONNULL;
long RING_by_number(const struct call *) NONNULL;
long SOCKET_CALL_by_number(const struct call *) NONNULL;
long ANY_CALL_by_number(const struct call *) NONNULL;

static inline int call_fd(const struct call *call)
{
    return (int)call->a[0].word;
}

#endif
