/* SPDX-License-Identifier: MIT */
#include "shim/log.h"

#include "kernel/tcp.h"
#include "shim/next.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <sys/syscall.h>

enum log_level log_threshold = LOG_WARN;

static const char *log_path;          /* NULL: standard error */
static struct stat64 stderr_at_start; /* st_ino 0: not to be written to */
static bool stderr_is_journal;

struct line {
    char text[512];
    size_t used;
};

static void add(struct line *line, const char *text)
{
    while (*text && line->used < sizeof line->text - 1)
        line->text[line->used++] = *text++;
}

static void add_number(struct line *line, long number)
{
    char digits[24];
    char *end = digits + sizeof digits - 1;
    unsigned long left = number < 0 ? -(unsigned long)number : (unsigned long)number;
    *end = '\0';
    do {
        *--end = (char)('0' + left % 10);
        left /= 10;
    } while (left);
    if (number < 0)
        *--end = '-';
    add(line, end);
}

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

void log_set_up(enum log_level level, const char *to)
{
    log_threshold = level;
    log_path = strcmp(to, "stderr") == 0 ? NULL : to;
    if (fstat64(STDERR_FILENO, &stderr_at_start) != 0 || is_connection(&stderr_at_start))
        stderr_at_start.st_ino = 0;
    stderr_is_journal = stderr_at_start.st_ino && is_journal(&stderr_at_start);
}

bool log_level_from_name(const char *name, enum log_level *level)
{
    static const char *const names[] = {"none", "error", "warn", "info", "debug"};
    for (unsigned i = 0; i < sizeof names / sizeof *names; i++) {
        if (strcasecmp(name, names[i]) == 0) {
            *level = (enum log_level)i;
            return true;
        }
    }
    return false;
}

/* A daemon closes descriptor 2 and gets the number back for a socket: never write into that. */
static bool stderr_is_still_the_programs(void)
{
    struct stat64 now;
    return stderr_at_start.st_ino && fstat64(STDERR_FILENO, &now) == 0 &&
           now.st_dev == stderr_at_start.st_dev && now.st_ino == stderr_at_start.st_ino;
}

/* The journal takes a line's priority from the line itself: sd-daemon(3). */
static struct line begin(enum log_level level)
{
    static const char *const priorities[] = {
        [LOG_NONE] = "",    [LOG_ERROR] = "<3>", [LOG_WARN] = "<4>",
        [LOG_INFO] = "<6>", [LOG_DEBUG] = "<7>",
    };
    struct line line = {.used = 0};
    if (stderr_is_journal && !log_path)
        add(&line, priorities[level]);
    add(&line, "tfoshim: ");
    return line;
}

static void put(struct line *line)
{
    int saved = errno;
    line->text[line->used++] = '\n';
    if (log_path) {
        /* Opened for each line: the shim owns no descriptor that a program could close or inherit.
         */
        long fd =
            NEXT(syscall)(SYS_openat, AT_FDCWD, log_path,
                          O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_LARGEFILE, 0600);
        if (fd >= 0) {
            NEXT(syscall)(SYS_write, fd, line->text, line->used);
            NEXT(syscall)(SYS_close, fd);
        }
    } else if (stderr_is_still_the_programs()) {
        NEXT(syscall)(SYS_write, STDERR_FILENO, line->text, line->used);
    }
    errno = saved;
}

void log_list(enum log_level level, const char *const texts[])
{
    if (level > log_threshold)
        return;
    struct line line = begin(level);
    while (*texts)
        add(&line, *texts++);
    put(&line);
}

static void add_address(struct line *line, const struct sockaddr *address)
{
    char text[INET6_ADDRSTRLEN] = "?";
    bool six = address->sa_family == AF_INET6;
    const struct sockaddr_in *in = (const struct sockaddr_in *)address;
    const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)address;
    inet_ntop(address->sa_family, six ? (const void *)&in6->sin6_addr : &in->sin_addr, text,
              sizeof text);
    add(line, six ? "[" : "");
    add(line, text);
    add(line, six ? "]:" : ":");
    add_number(line, ntohs(six ? in6->sin6_port : in->sin_port));
}

static struct line begin_connection(int fd, const struct sockaddr *address, const char *event)
{
    struct line line = begin(LOG_DEBUG);
    add_number(&line, NEXT(syscall)(SYS_getpid));
    add(&line, ": fd ");
    add_number(&line, fd);
    add(&line, ": ");
    add_address(&line, address);
    add(&line, ": ");
    add(&line, event);
    return line;
}

void log_round_trip(int fd, const struct sockaddr *address, const char *event, uint32_t rtt_us)
{
    struct line line = begin_connection(fd, address, event);
    if (rtt_us) {
        add(&line, " (round trip ");
        add_number(&line, rtt_us / 1000);
        add(&line, ".");
        add_number(&line, rtt_us / 100 % 10);
        add(&line, " ms)");
    }
    put(&line);
}

void log_connection(int fd, const struct sockaddr *address, const char *event, int error)
{
    struct line line = begin_connection(fd, address, event);
    if (error) {
        add(&line, ": ");
        add(&line, strerrordesc_np(error));
    }
    put(&line);
}
