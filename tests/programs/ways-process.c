/* SPDX-License-Identifier: MIT */
/* Waiting for another process: to end, or to let go of a lock on a file. */
#include "named.h"
#include "rendezvous.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include <wordexp.h>

NAMED(pid_t, __wait, int *);
NAMED(pid_t, __waitpid, pid_t, int *, int);
NAMED(int, fcntl64, int, int, ...);
NAMED(int, __fcntl, int, int, ...);
NAMED(int, lockf64, int, int, off64_t);

static pid_t child;
static FILE *command;
static int files[2];

/* A process that ends when there is something in the pipe. With threads about, it makes system
 * calls only. */
static void live(void)
{
    char byte;
    _exit(read(ends[0], &byte, 1) == 1 ? 7 : 1);
}

static void take_child(void)
{
    if ((child = fork()) == 0)
        live();
}

/* The lock of a process: its own do not keep it waiting. */
static void take_lock(void)
{
    int ready[2];
    char byte;
    open_twice(files);
    must(pipe(ready) == 0, "pipe");
    if ((child = fork()) == 0) {
        must(lockf(files[0], F_LOCK, 0) == 0 && write(ready[1], "x", 1) == 1, "lockf");
        live();
    }
    must(read(ready[0], &byte, 1) == 1, "read");
}

static void take_description(void)
{
    open_twice(files);
    must(flock(files[0], LOCK_EX) == 0, "flock");
}

static void release_description(void)
{
    must(flock(files[0], LOCK_UN) == 0, "flock");
}

static void take_range(void)
{
    struct flock range = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    open_twice(files);
    must(fcntl(files[0], F_OFD_SETLK, &range) == 0, "fcntl");
}

static void release_range(void)
{
    struct flock range = {.l_type = F_UNLCK, .l_whence = SEEK_SET};
    must(fcntl(files[0], F_OFD_SETLK, &range) == 0, "fcntl");
}

static void take_command(void)
{
    char text[64];
    snprintf(text, sizeof text, "read word <&%d; exit 7", ends[0]);
    must((command = popen(text, "r")) != NULL, "popen");
}

/* The status, if it was the right child. */
static long status_of(pid_t result, int status)
{
    return result == child && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static long wait_wait(void)
{
    int status = -1;
    pid_t result = wait(&status);
    return status_of(result, status);
}

static long wait_wait_alias(void)
{
    int status = -1;
    pid_t result = named___wait(&status);
    return status_of(result, status);
}

static long wait_waitpid(void)
{
    int status = -1;
    pid_t result = waitpid(child, &status, 0);
    return status_of(result, status);
}

static long wait_waitpid_alias(void)
{
    int status = -1;
    pid_t result = named___waitpid(child, &status, 0);
    return status_of(result, status);
}

static long wait_waitid(void)
{
    siginfo_t info = {0};
    return waitid(P_PID, (id_t)child, &info, WEXITED) == 0 ? info.si_status : -1;
}

static long wait_wait3(void)
{
    int status = -1;
    struct rusage usage;
    pid_t result = wait3(&status, 0, &usage);
    return status_of(result, status);
}

static long wait_wait4(void)
{
    int status = -1;
    struct rusage usage;
    pid_t result = wait4(child, &status, 0, &usage);
    return status_of(result, status);
}

static long wait_system(void)
{
    char text[64];
    snprintf(text, sizeof text, "read word <&%d; exit 7", ends[0]);
    return WEXITSTATUS(system(text));
}

/* As many words as the line has that the command prints. */
static long wait_wordexp(void)
{
    char text[64];
    wordexp_t words;
    snprintf(text, sizeof text, "$(read word <&%d; echo $word a b)", ends[0]);
    int error = wordexp(text, &words, 0);
    return error != 0 ? -error : (long)words.we_wordc;
}

static long wait_pclose(void)
{
    return WEXITSTATUS(pclose(command));
}

static long wait_flock(void)
{
    return flock(files[1], LOCK_EX);
}

static long wait_lockf(void)
{
    return lockf(files[1], F_LOCK, 0);
}

static long wait_lockf64(void)
{
    return named_lockf64(files[1], F_LOCK, 0);
}

static long wait_fcntl(void)
{
    struct flock range = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    return fcntl(files[1], F_OFD_SETLKW, &range);
}

static long wait_fcntl64(void)
{
    struct flock64 range = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    return named_fcntl64(files[1], F_OFD_SETLKW, &range);
}

#ifndef __USE_FILE_OFFSET64
static long wait_fcntl_alias(void)
{
    struct flock range = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    return named___fcntl(files[1], F_OFD_SETLKW, &range);
}
#endif

const struct way process_ways[] = {
    {"wait", wait_wait, take_child, release_pipe, NULL},
    {"__wait", wait_wait_alias, take_child, release_pipe, NULL},
    {"waitpid", wait_waitpid, take_child, release_pipe, NULL},
    {"__waitpid", wait_waitpid_alias, take_child, release_pipe, NULL},
    {"waitid", wait_waitid, take_child, release_pipe, NULL},
    {"wait3", wait_wait3, take_child, release_pipe, NULL},
    {"wait4", wait_wait4, take_child, release_pipe, NULL},
    {"system", wait_system, NULL, release_pipe, NULL},
    {"wordexp", wait_wordexp, NULL, release_pipe, NULL},
    {"pclose", wait_pclose, take_command, release_pipe, NULL},
    {"flock", wait_flock, take_description, release_description, NULL},
    {"lockf", wait_lockf, take_lock, release_pipe, NULL},
    {"lockf64", wait_lockf64, take_lock, release_pipe, NULL},
    {"fcntl", wait_fcntl, take_range, release_range, NULL},
    {"fcntl64", wait_fcntl64, take_range, release_range, NULL},
#ifndef __USE_FILE_OFFSET64
    {"__fcntl", wait_fcntl_alias, take_range, release_range, NULL},
#endif
    {0},
};
