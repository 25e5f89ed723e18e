/* SPDX-License-Identifier: MIT */
/*
 * A socket is asked itself, by a duplicate of its descriptor: the kernel's lists (/proc/net/tcp)
 * tell of one network namespace, and name a socket by an address that several may have.
 */
#include "cli/attach_listeners.h"
#include "cli/processes.h"
#include "cli/util.h"
#include "kernel/call_numbers.h"
#include "kernel/tcp.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#ifndef IPPROTO_MPTCP
#define IPPROTO_MPTCP 262
#endif

/* For a listener whose backlog is not known: the kernel's usual limit. */
#define BACKLOG_UNKNOWN 4096

#define YAMA "kernel.yama.ptrace_scope"
#define YAMA_FILE "/proc/sys/kernel/yama/ptrace_scope"

/* What of a process is wanted, and may be refused: to open it, to see its descriptors, to duplicate
 * one. */
enum stage { OPENING, LOOKING, TAKING };

/* A process that is examined. */
struct scan {
    pid_t process;
    int pidfd;
    bool is_shimmed;
    enum stage stage; /* that has failed, if it has */
};

/* ---- a socket ---- */

static int socket_option(int fd, int name)
{
    int value = -1;
    socklen_t length = sizeof value;
    return getsockopt(fd, SOL_SOCKET, name, &value, &length) == 0 ? value : -1;
}

/* Programs that ask for Multipath TCP (Go's do, since 1.24) listen for ordinary TCP as well. */
static bool is_listener(int fd)
{
    const int domain = tcp_domain(fd), protocol = socket_option(fd, SO_PROTOCOL);
    return (domain == AF_INET || domain == AF_INET6) &&
           (protocol == IPPROTO_TCP || protocol == IPPROTO_MPTCP) &&
           socket_option(fd, SO_ACCEPTCONN) == 1;
}

int attach_listener_backlog(const struct attach_listener *listener)
{
    struct tcp_info info;
    socklen_t length = sizeof info;
    /* Of a listener the two fields are its queue's length and limit. */
    if (getsockopt(listener->fd, IPPROTO_TCP, TCP_INFO, &info, &length) != 0 ||
        length < offsetof(struct tcp_info, tcpi_lost))
        return BACKLOG_UNKNOWN;
    return info.tcpi_sacked > 0 && info.tcpi_sacked < INT32_MAX ? (int)info.tcpi_sacked : 1;
}

static struct attach_listener *find(struct attach_listeners *listeners, uint64_t cookie)
{
    for (size_t i = 0; i < listeners->count; i++)
        if (listeners->all[i].cookie == cookie)
            return &listeners->all[i];
    return NULL;
}

/* Takes the descriptor. */
static void add(struct attach_listeners *listeners, int fd, const struct scan *scan)
{
    const uint64_t cookie = tcp_socket_cookie(fd);
    struct attach_listener *known = find(listeners, cookie);
    struct sockaddr_storage address;
    struct endpoint endpoint;
    socklen_t length;
    if (known != NULL) {
        known->others += known->last != scan->process;
        known->last = scan->process;
        known->is_shimmed = known->is_shimmed || scan->is_shimmed;
        close(fd);
        return;
    }
    if (!tcp_local_address(fd, &address, &length) ||
        !endpoint_from_sockaddr(&endpoint, (struct sockaddr *)&address, length)) {
        close(fd);
        return;
    }
    listeners->all = need_room(listeners->all, listeners->count + 1, sizeof *listeners->all);
    listeners->all[listeners->count++] = (struct attach_listener){.fd = fd,
                                                                  .cookie = cookie,
                                                                  .endpoint = endpoint,
                                                                  .process = scan->process,
                                                                  .last = scan->process,
                                                                  .is_shimmed = scan->is_shimmed};
}

/* ---- a process ---- */

/* 1: the descriptor is a socket; 0: it is not, or is closed; -1: the caller may not see it. Only
 * sockets are duplicated: a device may react when a duplicate is closed. */
static int is_socket(int directory, const char *name)
{
    static const char kind[] = "socket:";
    char target[sizeof kind] = "";
    if (readlinkat(directory, name, target, sizeof target - 1) < 0)
        return errno == ENOENT ? 0 : -1;
    return strncmp(target, kind, sizeof kind - 1) == 0;
}

/* False: errno says why. */
static bool add_one(struct attach_listeners *listeners, const struct scan *scan, int number)
{
    const int fd = (int)syscall(SYS_pidfd_getfd, scan->pidfd, number, 0);
    if (fd < 0)
        return errno == EBADF; /* it has been closed meanwhile */
    if (is_listener(fd)) {
        add(listeners, fd, scan);
    } else {
        listeners->passed_over++;
        close(fd);
    }
    return true;
}

static bool add_each(struct attach_listeners *listeners, struct scan *scan, DIR *directory)
{
    const struct dirent *entry;
    while ((entry = readdir(directory)) != NULL) {
        const int socket = entry->d_name[0] == '.' ? 0 : is_socket(dirfd(directory), entry->d_name);
        if (socket < 0)
            return false;
        scan->stage = TAKING;
        if (socket > 0 && !add_one(listeners, scan, (int)strtol(entry->d_name, NULL, 10)))
            return false;
        scan->stage = LOOKING;
    }
    return true;
}

/* Opens the process first, so that all that follows concerns the same one. */
static bool add_process(struct attach_listeners *listeners, struct scan *scan)
{
    char path[64];
    DIR *directory;
    bool done;
    int error;
    scan->pidfd = (int)syscall(SYS_pidfd_open, scan->process, 0);
    if (scan->pidfd < 0)
        return false;
    scan->stage = LOOKING;
    scan->is_shimmed = process_has_library(scan->process);
    snprintf(path, sizeof path, "/proc/%d/fd", scan->process);
    directory = opendir(path);
    done = directory != NULL && add_each(listeners, scan, directory);
    error = errno;
    if (directory != NULL)
        closedir(directory);
    close(scan->pidfd);
    errno = error;
    return done;
}

/* ---- why the sockets of a process cannot be reached, and who could reach them ---- */

/* The kernel gives the sockets of a process to anyone who may trace it
 * (PTRACE_MODE_ATTACH_REALCREDS, see ptrace(2)), and answers others with a bare EPERM. Its checks
 * are repeated here, in the order in which an operator can do something about them. */

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
static void explain_refused(pid_t process, enum stage stage, const char *verb)
{
    const bool privileged = may_trace_all(), is_root = geteuid() == 0;
    const long scope = stage == TAKING ? yama_scope() : -1, user = user_of(process);
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
    else if (stage != LOOKING && is_in_sandbox())
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

/* Reports `error`, an errno, and what the operator can do about it. */
static void explain(pid_t process, enum stage stage, int error, const char *verb)
{
    char text[PROCESS_TEXT_MOST];
    /* A thread that is not its process's first has a number, too. */
    if (error == ESRCH || (stage == LOOKING && error == ENOENT) ||
        (stage == OPENING && (error == EINVAL || error == ENOENT))) {
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

/* ---- all of them ---- */

bool attach_listeners_add(struct attach_listeners *listeners, pid_t process, bool may_be_gone,
                          const char *verb)
{
    struct scan scan = {.process = process, .stage = OPENING};
    if (add_process(listeners, &scan))
        return true;
    if (may_be_gone && (errno == ESRCH || errno == ENOENT))
        return true;
    explain(process, scan.stage, errno, verb);
    return false;
}

void attach_listeners_free(struct attach_listeners *listeners)
{
    for (size_t i = 0; i < listeners->count; i++)
        close(listeners->all[i].fd);
    free(listeners->all);
}
