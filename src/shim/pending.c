/* SPDX-License-Identifier: MIT */
#include "shim/pending.h"

#include "kernel/tcp.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/syscall.h>

/* Above what programs close one by one, dup2() onto, or compare with a constant; beneath what a
 * usual limit allows. F_DUPFD near a high limit is slow: it is asked for the lowest from here. */
#define LEAST_DESCRIPTOR 192
#define BELOW_LIMIT 64

/* Descriptors that may be epolls of the program: one that is not costs a call that fails. */
#define EPOLLS_KNOWN 4096
#define WORD_BITS 64

atomic_uint pending_count;
static atomic_int epoll_descriptor; /* + 1; 0: not made */
static atomic_int possible;         /* 1: yes, -1: no, 0: not tried */
static _Atomic uint64_t epolls[EPOLLS_KNOWN / WORD_BITS];
static atomic_uint inherited_epolls_known;

static long call(long number, long a, long b, long c, long d)
{
    return tcp_call(number, a, b, c, d, 0, 0);
}

static int least_descriptor(void)
{
    struct {
        uint64_t soft, hard;
    } limit;
    if (call(SYS_prlimit64, 0, RLIMIT_NOFILE, 0, (long)&limit) != 0)
        return LEAST_DESCRIPTOR;
    if (limit.soft >= LEAST_DESCRIPTOR + BELOW_LIMIT)
        return LEAST_DESCRIPTOR;
    return limit.soft > BELOW_LIMIT ? (int)limit.soft - BELOW_LIMIT : 0;
}

int pending_duplicate(int fd, int least)
{
    int lowest = least_descriptor();
    return (int)call(SYS_fcntl, fd, F_DUPFD_CLOEXEC, least > lowest ? least : lowest, 0);
}

static int make_epoll(void)
{
    int low = (int)call(SYS_epoll_create1, EPOLL_CLOEXEC, 0, 0, 0);
    if (low < 0)
        return -1;
    int high = pending_duplicate(low, 0);
    call(SYS_close, low, 0, 0, 0);
    return high;
}

bool pending_is_possible(void)
{
    int known = atomic_load_explicit(&possible, memory_order_relaxed);
    if (known == 0) {
        int epoll = make_epoll();
        known = epoll >= 0 ? 1 : -1;
        if (epoll >= 0)
            call(SYS_close, epoll, 0, 0, 0);
        atomic_store_explicit(&possible, known, memory_order_relaxed);
    }
    return known > 0;
}

int pending_epoll(void)
{
    return atomic_load_explicit(&epoll_descriptor, memory_order_acquire) - 1;
}

void pending_move(void)
{
    int epoll = pending_epoll(), moved = pending_duplicate(epoll, epoll + 1);
    if (moved >= 0)
        atomic_store(&epoll_descriptor, moved + 1);
}

static int some_epoll(void)
{
    int none = 0, epoll = pending_epoll();
    if (epoll >= 0)
        return epoll;
    epoll = make_epoll();
    if (epoll >= 0 && !atomic_compare_exchange_strong(&epoll_descriptor, &none, epoll + 1)) {
        call(SYS_close, epoll, 0, 0, 0);
        epoll = none - 1;
    }
    return epoll;
}

static bool watch(int fd, uint32_t events)
{
    struct epoll_event event = {.events = events, .data.u64 = (uint64_t)(unsigned)fd};
    int epoll = some_epoll();
    if (epoll < 0 || call(SYS_epoll_ctl, epoll, EPOLL_CTL_ADD, fd, (long)&event) != 0)
        return false;
    atomic_fetch_add(&pending_count, 1);
    return true;
}

bool pending_watch(int fd)
{
    return watch(fd, EPOLLOUT);
}

/* The kernel says "writable" once more when the handshake is over, to whom waits for edges. */
bool pending_watch_taken(int fd)
{
    return watch(fd, EPOLLOUT | EPOLLET);
}

void pending_leave(int fd)
{
    struct epoll_event event;
    call(SYS_epoll_ctl, pending_epoll(), EPOLL_CTL_DEL, fd, (long)&event);
}

void pending_unwatch(int fd)
{
    pending_leave(fd);
    atomic_fetch_sub(&pending_count, 1);
}

int pending_ready(int fds[], unsigned most)
{
    struct epoll_event events[16];
    int epoll = pending_epoll();
    if (most > sizeof events / sizeof *events)
        most = sizeof events / sizeof *events;
    long found =
        epoll < 0 ? 0 : tcp_call(SYS_epoll_pwait, epoll, (long)events, (long)most, 0, 0, 8);
    for (long i = 0; i < found; i++)
        fds[i] = (int)events[i].data.u64;
    return found < 0 ? -1 : (int)found;
}

/* No data of the program's: nothing else has this address. */
#define NESTED ((uint64_t)(uintptr_t)&pending_count)

void pending_nest(int epoll)
{
    struct epoll_event event = {.events = EPOLLIN, .data.u64 = NESTED};
    call(SYS_epoll_ctl, epoll, EPOLL_CTL_ADD, pending_epoll(), (long)&event);
}

int pending_drop_nested(struct epoll_event *events, int count)
{
    for (int i = 0; i < count; i++)
        if (events[i].data.u64 == NESTED) {
            count--;
            memmove(&events[i], &events[i + 1], (size_t)(count - i) * sizeof *events);
            break;
        }
    return count;
}

void pending_epoll_made(int epoll)
{
    if (epoll >= 0 && epoll < EPOLLS_KNOWN)
        atomic_fetch_or_explicit(&epolls[epoll / WORD_BITS], UINT64_C(1) << epoll % WORD_BITS,
                                 memory_order_relaxed);
}

bool pending_is_epoll(int fd)
{
    return fd >= 0 && fd < EPOLLS_KNOWN &&
           (atomic_load_explicit(&epolls[fd / WORD_BITS], memory_order_relaxed) >>
            (unsigned)fd % WORD_BITS) &
               1;
}

/* The kernel's own structure, that every C library wraps. */
struct directory_entry {
    uint64_t inode;
    int64_t offset;
    uint16_t length;
    uint8_t type;
    char name[];
};

static int number_of(const char *name)
{
    int number = 0;
    for (; *name >= '0' && *name <= '9'; name++)
        number = number * 10 + (*name - '0');
    return *name == '\0' ? number : -1;
}

/* Epolls that were there before the library was, or came with exec(). */
static void know_inherited_epolls(void)
{
    static const char anonymous[] = "anon_inode:[eventpoll]";
    _Alignas(8) char buffer[2048], target[sizeof anonymous];
    long read, directory = call(SYS_openat, AT_FDCWD, (long)"/proc/self/fd",
                                O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
    if (directory < 0)
        return;
    while ((read = call(SYS_getdents64, directory, (long)buffer, sizeof buffer, 0)) > 0) {
        for (long at = 0; at < read;) {
            const struct directory_entry *entry = (const void *)(buffer + at);
            long length =
                call(SYS_readlinkat, directory, (long)entry->name, (long)target, sizeof target);
            if (length == (long)sizeof anonymous - 1 &&
                memcmp(target, anonymous, (size_t)length) == 0)
                pending_epoll_made(number_of(entry->name));
            at += entry->length;
        }
    }
    call(SYS_close, directory, 0, 0, 0);
}

void pending_leave_epolls(int fd)
{
    struct epoll_event event;
    if (!atomic_exchange(&inherited_epolls_known, 1))
        know_inherited_epolls();
    for (unsigned word = 0; word < EPOLLS_KNOWN / WORD_BITS; word++) {
        uint64_t bits = atomic_load_explicit(&epolls[word], memory_order_relaxed);
        for (; bits; bits &= bits - 1) {
            int epoll = (int)(word * WORD_BITS) + __builtin_ctzll(bits);
            if (epoll == pending_epoll())
                continue;
            long result = call(SYS_epoll_ctl, epoll, EPOLL_CTL_DEL, fd, (long)&event);
            if (result == -EBADF || result == -EINVAL) /* no epoll any more */
                atomic_fetch_and_explicit(&epolls[word],
                                          ~(UINT64_C(1) << (unsigned)epoll % WORD_BITS),
                                          memory_order_relaxed);
        }
    }
}

void pending_forked(void)
{
    int epoll = pending_epoll();
    atomic_store(&epoll_descriptor, 0);
    atomic_store(&pending_count, 0);
    if (epoll >= 0)
        call(SYS_close, epoll, 0, 0, 0);
}
