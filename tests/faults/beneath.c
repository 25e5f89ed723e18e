/* SPDX-License-Identifier: MIT */
/*
 * A library to be preloaded after libtfoshim.so: what that calls of the C library it calls here.
 * Calls of its own that are to fail do; what it hands down for the program does not. They are told
 * apart by where they come from: out of the library, and, of syscall(), not out of the functions
 * that hand down.
 */
#include "plan.h"
#include "start.h"

#include <dlfcn.h>
#include <err.h>
#include <errno.h>
#include <link.h>
#include <poll.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/select.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define EXPORT __attribute__((visibility("default")))

static uintptr_t library_begin, library_end;

static int find_library(struct dl_phdr_info *info, size_t size, void *context)
{
    const char *slash = strrchr(info->dlpi_name, '/');
    (void)size, (void)context;
    if (!slash || strcmp(slash + 1, "libtfoshim.so") != 0)
        return 0;
    library_begin = info->dlpi_addr;
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *part = &info->dlpi_phdr[i];
        if (part->p_type == PT_LOAD && (part->p_flags & PF_X))
            library_end = info->dlpi_addr + part->p_vaddr + part->p_memsz;
    }
    return 1;
}

static bool is_librarys(const void *caller)
{
    return !start_is_watched && (uintptr_t)caller - library_begin < library_end - library_begin;
}

/* syscall() is also what a program's own calls by number are handed down by. */
static bool is_own_number(const void *caller)
{
    uintptr_t at = (uintptr_t)caller - library_begin;
    return is_librarys(caller) && plan &&
           !(at > plan->handed_down[0] && at <= plan->handed_down[1]);
}

#define CALLER __builtin_return_address(0)
#define ARGUMENTS(...) ((const long[6]){__VA_ARGS__})

static bool fails(const void *caller, long number, const long arguments[6])
{
    int error = is_librarys(caller) ? plan_fault(PHASE_RUN, number, arguments) : 0;
    if (error)
        errno = error;
    return error != 0;
}

/* What the C library has under the name, and what it returns where the call fails. */
#define BENEATH(type, name, number, failed, parameters, given, ...)                                \
    EXPORT type name parameters                                                                    \
    {                                                                                              \
        static __typeof__(&(name)) next;                                                           \
        if (!next)                                                                                 \
            *(void **)&next = dlsym(RTLD_NEXT, #name);                                             \
        return fails(CALLER, number, ARGUMENTS(__VA_ARGS__)) ? (failed) : next given;              \
    }

/* As the C library's own, it takes six arguments wherever they would be. */
EXPORT long make_syscall(long, long, long, long, long, long, long) __asm__("syscall");

long make_syscall(long number, long a, long b, long c, long d, long e, long f)
{
    static __typeof__(&make_syscall) next;
    if (!next)
        *(void **)&next = dlsym(RTLD_NEXT, "syscall");
    int error =
        is_own_number(CALLER) ? plan_fault(PHASE_RUN, number, ARGUMENTS(a, b, c, d, e, f)) : 0;
    if (error == 0)
        return next(number, a, b, c, d, e, f);
    if (number == SYS_close) /* it has closed whatever it says */
        next(number, a, b, c, d, e, f);
    errno = error;
    return -1;
}

/* Of what moves bytes only what opens, or asks for a SYN without any, is not the program's. */
EXPORT ssize_t sendto(int fd, const void *bytes, size_t length, int flags,
                      const struct sockaddr *address, socklen_t size)
{
    static __typeof__(&sendto) next;
    if (!next)
        *(void **)&next = dlsym(RTLD_NEXT, "sendto");
    if ((flags & MSG_FASTOPEN) && fails(CALLER, SYS_sendto, ARGUMENTS(fd, 0, (long)length, flags)))
        return -1;
    return next(fd, bytes, length, flags, address, size);
}

EXPORT ssize_t send(int fd, const void *bytes, size_t length, int flags)
{
    static __typeof__(&send) next;
    if (!next)
        *(void **)&next = dlsym(RTLD_NEXT, "send");
    if (length == 0 && fails(CALLER, SYS_sendto, ARGUMENTS(fd, 0, (long)length, flags)))
        return -1;
    return next(fd, bytes, length, flags);
}

EXPORT ssize_t sendmsg(int fd, const struct msghdr *message, int flags)
{
    static __typeof__(&sendmsg) next;
    if (!next)
        *(void **)&next = dlsym(RTLD_NEXT, "sendmsg");
    if ((flags & MSG_FASTOPEN) && fails(CALLER, SYS_sendmsg, ARGUMENTS(fd, 0, flags)))
        return -1;
    return next(fd, message, flags);
}

BENEATH(int, ppoll, SYS_ppoll, -1,
        (struct pollfd * fds, nfds_t count, const struct timespec *timeout, const sigset_t *mask),
        (fds, count, timeout, mask), 0, 0, 0, 0, 0, PLAN_PROGRAMS)
BENEATH(int, pselect, SYS_pselect6, -1,
        (int count, fd_set *reading, fd_set *writing, fd_set *excepted,
         const struct timespec *timeout, const sigset_t *mask),
        (count, reading, writing, excepted, timeout, mask), 0, 0, 0, 0, 0, PLAN_PROGRAMS)
BENEATH(int, epoll_pwait, SYS_epoll_pwait, -1,
        (int epoll, struct epoll_event *events, int most, int timeout, const sigset_t *mask),
        (epoll, events, most, timeout, mask), 0, 0, 0, 0, 0, PLAN_PROGRAMS)
BENEATH(void *, mmap, SYS_mmap, MAP_FAILED,
        (void *address, size_t length, int protection, int flags, int fd, off_t offset),
        (address, length, protection, flags, fd, offset), 0, 0, 0, 0, fd)
BENEATH(int, munmap, SYS_munmap, -1, (void *address, size_t length), (address, length), 0)
BENEATH(int, fstat64, SYS_fstat, -1, (int fd, struct stat64 *status), (fd, status), 0)
BENEATH(int, lstat64, SYS_lstat, -1, (const char *path, struct stat64 *status), (path, status), 0)
BENEATH(int, fstatat64, SYS_newfstatat, -1,
        (int directory, const char *path, struct stat64 *status, int flags),
        (directory, path, status, flags), 0)
BENEATH(ssize_t, pread64, SYS_pread64, -1, (int fd, void *bytes, size_t length, off64_t at),
        (fd, bytes, length, at), 0)
BENEATH(int, shmget, SYS_shmget, -1, (key_t key, size_t size, int flags), (key, size, flags), 0, 0,
        flags)
BENEATH(void *, shmat, SYS_shmat, MAP_FAILED, (int id, const void *address, int flags),
        (id, address, flags), 0)
BENEATH(int, shmdt, SYS_shmdt, -1, (const void *address), (address), 0)
BENEATH(int, shmctl, SYS_shmctl, -1, (int id, int command, struct shmid_ds *status),
        (id, command, status), 0, command)

/* Everything has been started up when main() begins. */
static int (*programs_main)(int, char **, char **);

static int begin(int count, char **words, char **environment)
{
    start_leave();
    return programs_main(count, words, environment);
}

typedef int main_fn(int, char **, char **);
EXPORT int __libc_start_main(main_fn *, int, char **, void (*)(void), void (*)(void),
                             void (*)(void), void *);

int __libc_start_main(main_fn *programs, int count, char **words, void (*init)(void),
                      void (*fini)(void), void (*loader_fini)(void), void *stack)
{
    __typeof__(&__libc_start_main) next;
    *(void **)&next = dlsym(RTLD_NEXT, "__libc_start_main");
    programs_main = programs;
    return next(begin, count, words, init, fini, loader_fini, stack);
}

/* Linked to be the first, so that what the library's start-up calls is seen: the C library does not
 * know the environment yet. */
__attribute__((constructor)) static void set_up(int count, char **words, char **environment)
{
    (void)count, (void)words;
    plan_open(environment);
    if (!plan)
        return;
    if (!dl_iterate_phdr(find_library, NULL))
        errx(2, "libtfoshim.so is not preloaded");
    start_watch();
}
