/* SPDX-License-Identifier: MIT */
/* A call that the program makes by its number, for the functions that know its kind (hooks.def). */
#ifndef TFOSHIM_SHIM_HOOKS_BY_NUMBER_H
#define TFOSHIM_SHIM_HOOKS_BY_NUMBER_H

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
long call_plainly(const struct call *);

/* Makes it as if syscall() had been called so. */
long call_by_number(const struct call *);

/* The kinds of hooks.def. */
long CONNECT_by_number(const struct call *);
long WRITE_by_number(const struct call *);
long BULK_WRITE_by_number(const struct call *);
long TRANSFER_by_number(const struct call *);
long READ_by_number(const struct call *);
long ACCEPT_by_number(const struct call *);
long READINESS_by_number(const struct call *);
long WATCH_by_number(const struct call *);
long CLOSE_by_number(const struct call *);
long SHARE_by_number(const struct call *);
long PROCESS_by_number(const struct call *);
long SOCKET_by_number(const struct call *);
long LISTEN_by_number(const struct call *);
long NAME_by_number(const struct call *);
long OPTION_by_number(const struct call *);
long BLOCK_by_number(const struct call *);
long USER_by_number(const struct call *);
long NAMESPACE_by_number(const struct call *);
long SANDBOX_by_number(const struct call *);
long SUBMIT_by_number(const struct call *);
long RING_by_number(const struct call *);
long SOCKET_CALL_by_number(const struct call *);
long ANY_CALL_by_number(const struct call *);

static inline int call_fd(const struct call *call)
{
    return (int)call->a[0].word;
}

#endif
