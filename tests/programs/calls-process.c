/* SPDX-License-Identifier: MIT */
/* Every call that ends the process, or makes another program of it or beside it, by its symbol. */
#include "calls.h"
#include "common.h"
#include "named.h"

#include <err.h>
#include <fcntl.h>
#include <linux/seccomp.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <wordexp.h>

extern char **environ;

NAMED(void, _Exit, int) __attribute__((noreturn));
NAMED(int, execl, const char *, const char *, ...);
NAMED(int, execle, const char *, const char *, ...);
NAMED(FILE *, _IO_popen, const char *, const char *);
NAMED(int, execlp, const char *, const char *, ...);

#define SHELL "/bin/sh"

/* What a program that inherits the connection does with it. */
/* As whoever gives a connection to another program does: it is not to meet EAGAIN. */
static void make_blocking(int fd)
{
    int flags = fcntl(fd, F_GETFL);
    if (flags < 0 || fcntl(fd, F_SETFL, flags & ~O_NONBLOCK) != 0)
        err(2, "fcntl");
}

static char *script(int fd)
{
    make_blocking(fd);
    static char text[64];
    snprintf(text, sizeof text, "echo hello >&%d", fd);
    return text;
}

static char **arguments(int fd)
{
    static char name[] = "sh", option[] = "-c";
    static char *list[4] = {name, option};
    list[2] = script(fd);
    return list;
}

static void call__exit(int fd)
{
    (void)fd;
    _exit(0);
}

static void call__Exit(int fd)
{
    (void)fd;
    named__Exit(0);
}

static void call_exit(int fd)
{
    (void)fd;
    exit(0);
}

static void call_quick_exit(int fd)
{
    (void)fd;
    quick_exit(0);
}

static void call_execl(int fd)
{
    named_execl(SHELL, "sh", "-c", script(fd), (char *)NULL);
}

static void call_execle(int fd)
{
    named_execle(SHELL, "sh", "-c", script(fd), (char *)NULL, environ);
}

static void call_execlp(int fd)
{
    named_execlp("sh", "sh", "-c", script(fd), (char *)NULL);
}

static void call_execv(int fd)
{
    execv(SHELL, arguments(fd));
}

static void call_execve(int fd)
{
    execve(SHELL, arguments(fd), environ);
}

static void call_execvp(int fd)
{
    execvp("sh", arguments(fd));
}

static void call_execvpe(int fd)
{
    execvpe("sh", arguments(fd), environ);
}

static void call_fexecve(int fd)
{
    int file = open(SHELL, O_RDONLY | O_CLOEXEC);
    fexecve(file, arguments(fd), environ);
}

static void call_execveat(int fd)
{
    execveat(AT_FDCWD, SHELL, arguments(fd), environ, 0);
}

static void await(const char *what, int error, pid_t child)
{
    int status = -1;
    printf("%s: %s\n", what, error ? error_name(error) : "0");
    if (error == 0 && waitpid(child, &status, 0) == child)
        printf("child: %d\n", status);
}

static void call_posix_spawn(int fd)
{
    pid_t child = 0;
    int error = posix_spawn(&child, SHELL, NULL, NULL, arguments(fd), environ);
    await("posix_spawn", error, child);
}

static void call_posix_spawnp(int fd)
{
    pid_t child = 0;
    int error = posix_spawnp(&child, "sh", NULL, NULL, arguments(fd), environ);
    await("posix_spawnp", error, child);
}

static void call_system(int fd)
{
    say("system", system(script(fd)));
}

static void call_popen(int fd)
{
    FILE *stream = popen(script(fd), "r");
    say("pclose", stream != NULL ? pclose(stream) : -1);
}

static void call_popen_alias(int fd)
{
    FILE *stream = named__IO_popen(script(fd), "r");
    say("pclose", stream != NULL ? pclose(stream) : -1);
}

static void call_wordexp(int fd)
{
    char text[80];
    wordexp_t words;
    snprintf(text, sizeof text, "$(%s)", script(fd));
    say("wordexp", wordexp(text, &words, 0));
}

/* From then on reading, writing and this end are all that does not kill. A process that is under a
 * filter already is refused it. */
static void call_prctl(int fd)
{
    prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT);
    ssize_t written = write(fd, "hello\n", 6);
    syscall(SYS_exit, written == 6 ? 0 : 1);
}

const struct call exit_calls[] = {
    {"exit", call_exit},   {"_exit", call__exit},
    {"_Exit", call__Exit}, {"quick_exit", call_quick_exit},
    {"prctl", call_prctl}, {0},
};

const struct call process_calls[] = {
    {"execl", call_execl},
    {"execle", call_execle},
    {"execlp", call_execlp},
    {"execv", call_execv},
    {"execve", call_execve},
    {"execvp", call_execvp},
    {"execvpe", call_execvpe},
    {"fexecve", call_fexecve},
    {"execveat", call_execveat},
    {"posix_spawn", call_posix_spawn},
    {"posix_spawnp", call_posix_spawnp},
    {"system", call_system},
    {"pclose", call_popen},
    {"_IO_popen", call_popen_alias},
    {"wordexp", call_wordexp},
    {0},
};
