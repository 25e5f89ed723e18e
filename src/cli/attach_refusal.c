/* SPDX-License-Identifier: MIT */
/*
 * The kernel gives the sockets of a process to anyone who may trace it
 * (PTRACE_MODE_ATTACH_REALCREDS, see ptrace(2)), and answers others with a bare EPERM. Its checks
 * are repeated here, in the order in which an operator can do something about them.
 */
#include "cli/attach_refusal.h"
#include "cli/process_look.h"
#include "cli/util.h"

#include <errno.h>
#include <linux/capability.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#define YAMA "kernel.yama.ptrace_scope"
#define YAMA_FILE "/proc/sys/kernel/yama/ptrace_scope"

/* -1: it cannot be told. */
static long user_of(pid_t process)
{
    char value[64];
    return process_status(process, "Uid", value, sizeof value) ? strtol(value, NULL, 10) : -1;
}

static bool may_trace_all(void)
{
    char value[64];
    return process_status(0, "CapEff", value, sizeof value) &&
           strtoull(value, NULL, 16) >> CAP_SYS_PTRACE & 1;
}

/* -1: the kernel has no Yama. */
static long yama_scope(void)
{
    char value[16] = "";
    FILE *file = fopen(YAMA_FILE, "re");
    const bool known = file != NULL && fgets(value, sizeof value, file) != NULL;
    if (file != NULL)
        fclose(file);
    return known ? strtol(value, NULL, 10) : -1;
}

/* A process may always take from itself, unless a filter forbids the call. */
static bool is_in_sandbox(void)
{
    const int self = (int)syscall(SYS_pidfd_open, getpid(), 0);
    const int fd = self < 0 ? -1 : (int)syscall(SYS_pidfd_getfd, self, STDERR_FILENO, 0);
    const bool refused = fd < 0 && errno != EBADF;
    if (fd >= 0)
        close(fd);
    if (self >= 0)
        close(self);
    return refused;
}

static const char sandbox[] =
    "a sandbox (seccomp) forbids this: run it outside, or give the container "
    "CAP_SYS_PTRACE (docker run --cap-add SYS_PTRACE)";

/* Both system calls are there since Linux 5.6. */
static void explain_missing(const char *verb)
{
    struct utsname kernel;
    char *end;
    long version, part = 0;
    uname(&kernel);
    version = strtol(kernel.release, &end, 10);
    if (*end == '.')
        part = strtol(end + 1, NULL, 10);
    if (version > 5 || (version == 5 && part >= 6))
        complain("%s: %s", verb, sandbox);
    else
        complain("%s: found Linux %s, expected 5.6 or later (pidfd_getfd)", verb, kernel.release);
}

static void explain_yama(long scope, const char *verb)
{
    if (scope >= 3)
        complain("%s: " YAMA " is %ld: nobody may trace a process, not even root, until the "
                 "machine boots with another value",
                 verb, scope);
    else
        complain("%s: " YAMA " is %ld: only root may trace a running process "
                 "(CAP_SYS_PTRACE): sudo tfoshim %s ...",
                 verb, scope, verb);
}

/* Yama checks when a descriptor is taken, and not before. */
static void explain_refused(pid_t process, enum attach_stage stage, const char *verb)
{
    const bool privileged = may_trace_all(), is_root = geteuid() == 0;
    const long scope = stage == ATTACH_TAKING ? yama_scope() : -1, user = user_of(process);
    const bool is_others = user >= 0 && user != (long)geteuid();
    if (scope >= 3 || (scope > 0 && !privileged && !is_root && !is_others))
        explain_yama(scope, verb);
    else if (!privileged && is_root)
        complain("%s: root lacks CAP_SYS_PTRACE here: in a container, grant it (docker run "
                 "--cap-add SYS_PTRACE)",
                 verb);
    else if (!privileged && is_others)
        complain("%s: the process belongs to user %ld, the caller is user %ld: sudo tfoshim %s ...",
                 verb, user, (long)geteuid(), verb);
    else if (stage != ATTACH_LOOKING && is_in_sandbox())
        complain("%s: %s", verb, sandbox);
    else if (!privileged)
        complain("%s: the process has more privileges than its user, or is not dumpable "
                 "(PR_SET_DUMPABLE of prctl(2)): sudo tfoshim %s ...",
                 verb, verb);
    else
        complain("%s: the process is in another user namespace, or a security module forbids this: "
                 "run it on the host",
                 verb);
}

void attach_refusal_explain(pid_t process, enum attach_stage stage, int error, const char *verb)
{
    char text[PROCESS_TEXT_MOST];
    /* A thread that is not its process's first has a number, too. */
    if (error == ESRCH || (stage == ATTACH_LOOKING && error == ENOENT) ||
        (stage == ATTACH_OPENING && (error == EINVAL || error == ENOENT))) {
        complain("%s: there is no process %d", verb, process);
        return;
    }
    process_text(text, process);
    errno = error;
    complain_errno("%s: cannot duplicate the sockets of process %s", verb, text);
    if (error == ENOSYS)
        explain_missing(verb);
    else if (error == EPERM || error == EACCES)
        explain_refused(process, stage, verb);
}
