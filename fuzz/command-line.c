/* SPDX-License-Identifier: MIT */
/*
 * Any words as a command line, one in a line. What a command would do to the machine fails here, as
 * it does for somebody who may do nothing: it is linked with these functions in the C library's
 * place.
 */
#include "input.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <netdb.h>
#include <setjmp.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdbool.h>
#include <sys/socket.h>

#define WORDS_MOST 32

int tfoshim_main(int argc, char **argv);

static jmp_buf out;

static int refuse(int error)
{
    errno = error;
    return -1;
}

/* ---- what may be read, and nothing is written to ---- */

static bool may_open(const char *path)
{
    static const char *const beneath[] = {"/proc/self/", "/proc/sys/net/", "/proc/net/", "/etc/"};
    for (size_t i = 0; i < sizeof beneath / sizeof beneath[0]; i++)
        if (strncmp(path, beneath[i], strlen(beneath[i])) == 0)
            return strstr(path, "/fd/") == NULL;
    return false;
}

#define OPEN(name)                                                                                 \
    int sealed_##name(const char *path, int flags, ...);                                           \
    int sealed_##name(const char *path, int flags, ...)                                            \
    {                                                                                              \
        if (flags & (O_WRONLY | O_RDWR | O_CREAT | O_TRUNC) || !may_open(path))                    \
            return refuse(EACCES);                                                                 \
        return (name)(path, flags);                                                                \
    }
OPEN(open)
OPEN(open64)

#define OPENAT(name)                                                                               \
    int sealed_##name(int at, const char *path, int flags, ...);                                   \
    int sealed_##name(int at, const char *path, int flags, ...)                                    \
    {                                                                                              \
        (void)at;                                                                                  \
        (void)path;                                                                                \
        (void)flags;                                                                               \
        return refuse(EACCES);                                                                     \
    }
OPENAT(openat)
OPENAT(openat64)

#define FOPEN(name)                                                                                \
    FILE *sealed_##name(const char *path, const char *mode);                                       \
    FILE *sealed_##name(const char *path, const char *mode)                                        \
    {                                                                                              \
        if (mode[0] == 'r' && may_open(path))                                                      \
            return (name)(path, mode);                                                             \
        errno = EACCES;                                                                            \
        return NULL;                                                                               \
    }
FOPEN(fopen)
FOPEN(fopen64)

/* ---- what is not done at all ---- */

#define REFUSED(name, error, ...)                                                                  \
    int sealed_##name(__VA_ARGS__);                                                                \
    int sealed_##name(__VA_ARGS__)                                                                 \
    {                                                                                              \
        return refuse(error);                                                                      \
    }
#pragma clang diagnostic ignored "-Wunused-parameter"
REFUSED(mkdir, EACCES, const char *path, mode_t mode)
REFUSED(mkdirat, EACCES, int at, const char *path, mode_t mode)
REFUSED(mkstemp, EACCES, char *path)
REFUSED(mkstemp64, EACCES, char *path)
REFUSED(mkostemp, EACCES, char *path, int flags)
REFUSED(mkostemp64, EACCES, char *path, int flags)
REFUSED(prctl, EPERM, int option, ...)
REFUSED(raise, EPERM, int number)
REFUSED(setrlimit, EPERM, int resource, const void *limit)
REFUSED(setrlimit64, EPERM, int resource, const void *limit)
REFUSED(sendto, EPERM, int fd, const void *bytes, size_t size, int flags,
        const struct sockaddr *address, socklen_t length)
REFUSED(rename, EACCES, const char *from, const char *to)
REFUSED(renameat, EACCES, int at, const char *from, int to_at, const char *to)
REFUSED(renameat2, EACCES, int at, const char *from, int to_at, const char *to, unsigned flags)
REFUSED(unlink, EACCES, const char *path)
REFUSED(unlinkat, EACCES, int at, const char *path, int flags)
REFUSED(rmdir, EACCES, const char *path)
REFUSED(chmod, EPERM, const char *path, mode_t mode)
REFUSED(fchmod, EPERM, int fd, mode_t mode)
REFUSED(fchmodat, EPERM, int at, const char *path, mode_t mode, int flags)
REFUSED(socket, EPERM, int domain, int type, int protocol)
REFUSED(connect, EPERM, int fd, const struct sockaddr *address, socklen_t length)
REFUSED(kill, EPERM, pid_t pid, int number)
REFUSED(fork, EAGAIN, void)
REFUSED(waitpid, ECHILD, pid_t pid, int *status, int options)
REFUSED(execv, ENOENT, const char *path, char *const argv[])
REFUSED(execve, ENOENT, const char *path, char *const argv[], char *const environment[])
REFUSED(execvp, ENOENT, const char *file, char *const argv[])
REFUSED(execvpe, ENOENT, const char *file, char *const argv[], char *const environment[])

long sealed_syscall(long number, ...);
long sealed_syscall(long number, ...)
{
    return refuse(ENOSYS);
}

int sealed_posix_spawn(pid_t *pid, const char *path, ...);
int sealed_posix_spawn(pid_t *pid, const char *path, ...)
{
    return ENOENT;
}

int sealed_posix_spawnp(pid_t *pid, const char *path, ...);
int sealed_posix_spawnp(pid_t *pid, const char *path, ...)
{
    return ENOENT;
}

/* Numbers are looked up as ever. */
int sealed_getaddrinfo(const char *name, const char *service, const struct addrinfo *hints,
                       struct addrinfo **answer);
int sealed_getaddrinfo(const char *name, const char *service, const struct addrinfo *hints,
                       struct addrinfo **answer)
{
    struct addrinfo numeric = *hints;
    numeric.ai_flags |= AI_NUMERICHOST;
    return getaddrinfo(name, service, &numeric, answer);
}

/* ---- the ends ---- */

#define LEAVES(name, ...)                                                                          \
    int sealed_##name(__VA_ARGS__);                                                                \
    int sealed_##name(__VA_ARGS__)                                                                 \
    {                                                                                              \
        longjmp(out, 1);                                                                           \
    }
LEAVES(poll, void *fds, unsigned long count, int timeout)
LEAVES(sleep, unsigned seconds)
LEAVES(usleep, unsigned microseconds)
LEAVES(nanosleep, const struct timespec *time, struct timespec *left)

void sealed_exit(int status) __attribute__((noreturn));
void sealed_exit(int status)
{
    longjmp(out, 1);
}

void sealed__exit(int status) __attribute__((noreturn));
void sealed__exit(int status)
{
    longjmp(out, 1);
}

static void run(int argc, char **argv)
{
    int status;
    if (setjmp(out) != 0)
        return;
    optind = 0; /* getopt_long(3) begins anew */
    if (freopen("/dev/null", "r", stdin) == NULL)
        abort();
    status = tfoshim_main(argc, argv);
    if (status < 0 || status > 127)
        abort();
}

/* A command forgets what it has asked for, for it ends then; here it does not. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
    return "detect_leaks=0";
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = strndup((const char *)data, size), *words[WORDS_MOST + 2], name[] = "tfoshim";
    sigset_t mask;
    int count = 1;
    words[0] = name;
    if (text == NULL)
        abort();
    for (char *at = text; at != NULL && count <= WORDS_MOST; count++)
        words[count] = strsep(&at, "\n");
    words[count] = NULL;
    sigprocmask(SIG_SETMASK, NULL, &mask);
    clearenv();
    run(count, words);
    sigprocmask(SIG_SETMASK, &mask, NULL);
    free(text);
    return 0;
}
