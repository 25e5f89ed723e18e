/* SPDX-License-Identifier: MIT */
/*
 * A socket is asked itself, by a duplicate of its descriptor: the kernel's lists (/proc/net/tcp)
 * tell of one network namespace, and name a socket by an address that several may have.
 */
#include "cli/attach_listeners.h"
#include "cli/attach_refusal.h"
#include "cli/process_look.h"
#include "cli/util.h"
#include "kernel/tcp.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef IPPROTO_MPTCP
#define IPPROTO_MPTCP 262
#endif

/* For a listener whose backlog is not known: the kernel's usual limit. */
#define BACKLOG_UNKNOWN 4096

/* A process that is examined. */
struct scan {
    pid_t process;
    int pidfd;
    bool is_shimmed;
    enum attach_stage stage; /* that has failed, if it has */
};

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
        scan->stage = ATTACH_TAKING;
        if (socket > 0 && !add_one(listeners, scan, (int)strtol(entry->d_name, NULL, 10)))
            return false;
        scan->stage = ATTACH_LOOKING;
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
    scan->stage = ATTACH_LOOKING;
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

bool attach_listeners_add(struct attach_listeners *listeners, pid_t process, bool may_be_gone,
                          const char *verb)
{
    struct scan scan = {.process = process, .stage = ATTACH_OPENING};
    if (add_process(listeners, &scan))
        return true;
    if (may_be_gone && (errno == ESRCH || errno == ENOENT))
        return true;
    attach_refusal_explain(process, scan.stage, errno, verb);
    return false;
}

void attach_listeners_free(struct attach_listeners *listeners)
{
    for (size_t i = 0; i < listeners->count; i++)
        close(listeners->all[i].fd);
    free(listeners->all);
}
