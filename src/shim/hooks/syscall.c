/* SPDX-License-Identifier: MIT */
/*
 * syscall(): programs reach the hooked calls by number too; libuv closes that way, to close without
 * a cancellation point. The hook table says of which kind a number is, and of each kind a function
 * (number_*.c) does around the call what the hooks of that kind do by name.
 */
#include "shim/hook.h"

#include "kernel/call_numbers.h"
#include "shim/hooks/by_number.h"
#include "shim/program_memory.h"

#include <string.h>

long call_plainly(const struct call *call)
{
    const union argument *a = call->a;
    return NEXT(syscall)(call->number, a[0].word, a[1].word, a[2].word, a[3].word, a[4].word,
                         a[5].word);
}

#ifdef SYS_syscall
long ANY_CALL_by_number(const struct call *call)
{
    struct call meant = {.number = call->a[0].word};
    memcpy(meant.a, call->a + 1, 5 * sizeof *meant.a);
    return call_by_number(&meant);
}
#endif

#ifdef SYS_socketcall
/* The call meant by each number of <linux/net.h>, and how many arguments it has. */
static const struct {
    short number, arguments;
} socket_calls[] = {
    {0, 0},
    {SYS_socket, 3},
    {SYS_bind, 3},
    {SYS_connect, 3},
    {SYS_listen, 2},
    {SYS_accept4, 3},
    {SYS_getsockname, 3},
    {SYS_getpeername, 3},
    {SYS_socketpair, 4},
    {SYS_sendto, 4},
    {SYS_recvfrom, 4},
    {SYS_sendto, 6},
    {SYS_recvfrom, 6},
    {SYS_shutdown, 2},
    {SYS_setsockopt, 5},
    {SYS_getsockopt, 5},
    {SYS_sendmsg, 3},
    {SYS_recvmsg, 3},
    {SYS_accept4, 4},
    {SYS_recvmmsg, 5},
    {SYS_sendmmsg, 4},
};

long SOCKET_CALL_by_number(const struct call *call)
{
    struct call meant = {0};
    unsigned long which = (unsigned long)call->a[0].word;
    const void *arguments = call->a[1].pointer;
    if (which == 0 || which >= sizeof socket_calls / sizeof *socket_calls)
        return call_plainly(call);
    size_t size = (size_t)socket_calls[which].arguments * sizeof *meant.a;
    if (!program_memory_readable(arguments, size))
        return call_plainly(call);
    meant.number = socket_calls[which].number;
    memcpy(meant.a, arguments, size);
    return call_by_number(&meant);
}
#endif

/* Which word says whether there is anything to do in a call of the kind: the highest that a hook of
 * it asks. */
enum {
    CONNECT_CONCERNS = CONCERN_PROCESS,
    ACCEPT_CONCERNS = CONCERN_PROCESS,
    SOCKET_CONCERNS = CONCERN_PROCESS,
    LISTEN_CONCERNS = CONCERN_PROCESS,
    WATCH_CONCERNS = CONCERN_PROCESS,
    OPTION_CONCERNS = CONCERN_PROCESS,
    USER_CONCERNS = CONCERN_PROCESS,
    NAMESPACE_CONCERNS = CONCERN_PROCESS,
    SANDBOX_CONCERNS = CONCERN_PROCESS,
    SOCKET_CALL_CONCERNS = CONCERN_PROCESS,
    ANY_CALL_CONCERNS = CONCERN_PROCESS,
    RING_CONCERNS = CONCERN_PROCESS,
    CLOSE_CONCERNS = CONCERN_DESCRIPTORS,
    SHARE_CONCERNS = CONCERN_DESCRIPTORS,
    PROCESS_CONCERNS = CONCERN_DESCRIPTORS,
    WRITE_CONCERNS = CONCERN_DESCRIPTORS,
    BULK_WRITE_CONCERNS = CONCERN_CONNECTIONS,
    TRANSFER_CONCERNS = CONCERN_CONNECTIONS,
    READ_CONCERNS = CONCERN_CONNECTIONS,
    READINESS_CONCERNS = CONCERN_WAITS,
    NAME_CONCERNS = CONCERN_CONNECTIONS,
    BLOCK_CONCERNS = CONCERN_CONNECTIONS,
    SUBMIT_CONCERNS = CONCERN_CONNECTIONS,
};

static inline enum concern concern_of(long called)
{
    switch (called) {
#define NUMBER(number, kind)                                                                       \
    case number:                                                                                   \
        return (enum concern)kind##_CONCERNS;
#include "numbers.def"
#undef NUMBER
    default:
        return CONCERN_NOTHING;
    }
}

long call_by_number(const struct call *call)
{
    switch (call->number) {
#define NUMBER(number, kind)                                                                       \
    case number:                                                                                   \
        HOOK_CALLED_AS(&#number[sizeof "SYS_" - 1]);                                               \
        return kind##_by_number(call);
#include "numbers.def"
#undef NUMBER
    default:
        return call_plainly(call);
    }
}

static __attribute__((noinline, cold)) long look_by_number(long number, long a, long b, long c,
                                                           long d, long e, long f)
{
    next_ready();
    return call_by_number(&(struct call){number, {{a}, {b}, {c}, {d}, {e}, {f}}});
}

/* As the C library's own, it takes six arguments wherever they would be, however many the program
 * gave: so they stay where they are for the plain call, which is all that most numbers need. */
SHIM_HOOK long hook_syscall(long, long, long, long, long, long, long) __asm__("syscall");
#define NEXT_SYSCALL                                                                               \
    ((long (*)(long, long, long, long, long, long, long))(void (*)(void))NEXT(syscall))

NEXT_FIRST(long, syscall, NEXT_SYSCALL,
           (long number, long a, long b, long c, long d, long e, long f),
           (number, a, b, c, d, e, f))

long hook_syscall(long number, long a, long b, long c, long d, long e, long f)
{
    CONCERN_GO(concern_of(number), look);
    return NEXT_SYSCALL(number, a, b, c, d, e, f);
look:
    return look_by_number(number, a, b, c, d, e, f);
}
