/* SPDX-License-Identifier: MIT */
/* Before all others: it decides which names the C library's headers give. */
#include "shim/next.h"

#include "shim/sink.h"

#include "kernel/tcp.h"
#include "memory/run_figures.h"
#include "policy/log_file.h"
#include "shim/policy_force.h"
#include "shim/quiet_write.h"
#include "shim/text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>

static struct stat64 stderr_at_start; /* st_ino 0: not to be written to */
static bool stderr_is_journal;
static atomic_uint lost; /* lines since the last one that came through */

/* systemd names the journal's socket in the environment of services, "DEVICE:INODE"; theirs may
 * have been redirected since. */
static bool is_journal(const struct stat64 *status)
{
    const char *stream = secure_getenv("JOURNAL_STREAM");
    char *end = NULL;
    if (!stream || strtoull(stream, &end, 10) != status->st_dev || *end != ':')
        return false;
    stream = end + 1;
    return strtoull(stream, &end, 10) == status->st_ino && end != stream && *end == '\0';
}

/* Programs that inetd starts have the connection itself for standard error. */
static bool is_connection(const struct stat64 *status)
{
    return S_ISSOCK(status->st_mode) && tcp_domain(STDERR_FILENO) != AF_UNIX;
}

/* Text means something else to an eventfd, a timer or a disk. */
static bool takes_text(const struct stat64 *status)
{
    return S_ISREG(status->st_mode) || S_ISFIFO(status->st_mode) || S_ISCHR(status->st_mode) ||
           S_ISSOCK(status->st_mode);
}

void sink_set_up(void)
{
    if (fstat64(STDERR_FILENO, &stderr_at_start) != 0 || is_connection(&stderr_at_start) ||
        !takes_text(&stderr_at_start))
        stderr_at_start.st_ino = 0;
    stderr_is_journal = stderr_at_start.st_ino && is_journal(&stderr_at_start);
}

/* NULL: standard error. */
static const char *path_of(const struct policy_hold *hold)
{
    const char *to = hold->policy ? policy_log_to(hold->policy) : "stderr";
    return strcmp(to, "stderr") == 0 ? NULL : to;
}

bool sink_is_journal(void)
{
    struct policy_hold hold = policy_hold();
    bool is_file = path_of(&hold) != NULL;
    policy_release(hold);
    return stderr_is_journal && !is_file;
}

/* A daemon closes descriptor 2 and gets the number back for a socket: never write into that. */
static bool stderr_is_still_the_programs(void)
{
    struct stat64 now;
    return stderr_at_start.st_ino && fstat64(STDERR_FILENO, &now) == 0 &&
           now.st_dev == stderr_at_start.st_dev && now.st_ino == stderr_at_start.st_ino;
}

static bool is_our_file(int fd)
{
    struct stat64 status;
    return fstat64(fd, &status) == 0 &&
           !log_file_refusal(status.st_mode, status.st_nlink, status.st_uid,
                             (uid_t)tcp_call(SYS_geteuid, 0, 0, 0, 0, 0, 0));
}

/* To open a device, or a FIFO, may do something already. */
static bool is_something_else(const char *path)
{
    struct stat64 status;
    return lstat64(path, &status) == 0 && !S_ISREG(status.st_mode);
}

/* Opened for each line: the shim owns no descriptor that a program could close or inherit.
 * O_NONBLOCK is for what is no file, and for the lease that another has on one that is. */
static bool write_to_file(const char *path, const struct iovec *parts, int count)
{
    int flags = O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NOFOLLOW | O_NONBLOCK |
                O_LARGEFILE;
    if (is_something_else(path))
        return false;
    int fd = (int)tcp_call(SYS_openat, AT_FDCWD, (long)path, flags, 0600, 0, 0);
    if (fd < 0)
        return false;
    bool written = is_our_file(fd) && quiet_write(fd, S_IFREG, parts, count);
    tcp_call(SYS_close, fd, 0, 0, 0, 0, 0);
    return written;
}

static bool write_parts(const struct iovec *parts, int count)
{
    struct policy_hold hold = policy_hold();
    const char *path = path_of(&hold);
    bool is_file = path != NULL, written = is_file && write_to_file(path, parts, count);
    policy_release(hold);
    if (is_file)
        return written;
    return stderr_is_still_the_programs() &&
           quiet_write(STDERR_FILENO, stderr_at_start.st_mode & S_IFMT, parts, count);
}

static void tell_lost(struct text *notice, unsigned count)
{
    text_add(notice, sink_is_journal() ? "<4>tfoshim: " : "tfoshim: ");
    text_add_number(notice, tcp_call(SYS_getpid, 0, 0, 0, 0, 0, 0));
    text_add(notice, ": lines lost here because the log was not ready: ");
    text_add_number(notice, count);
    text_add(notice, "\n");
}

/* One write for both: what other processes write comes before or after, and a pipe takes so little
 * whole or not at all. */
void sink_write(const char *line, size_t length)
{
    struct text notice = {.used = 0};
    struct iovec parts[2];
    int saved = errno;
    unsigned count = atomic_exchange(&lost, 0);
    if (count)
        tell_lost(&notice, count);
    parts[0] = (struct iovec){notice.bytes, notice.used};
    parts[1] = (struct iovec){(void *)line, length};
    if (!write_parts(count ? parts : parts + 1, count ? 2 : 1)) {
        atomic_fetch_add(&lost, count + 1);
        run_figures_add(RUN_LINES_LOST, 1);
    }
    errno = saved;
}

void sink_forked(void)
{
    atomic_store(&lost, 0);
}
