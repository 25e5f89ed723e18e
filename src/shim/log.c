/* SPDX-License-Identifier: MIT */
#include "shim/log.h"

#include "kernel/error_text.h"
#include "shim/next.h"
#include "shim/sink.h"
#include "shim/text.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <strings.h>
#include <sys/syscall.h>

_Atomic(int) log_threshold = LOG_WARN;
static bool is_forced;

void log_set_up(enum log_level level, bool forced)
{
    is_forced = forced;
    log_threshold = (int)level;
}

void log_change(enum log_level level)
{
    if (!is_forced)
        log_threshold = (int)level;
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

/* The journal takes a line's priority from the line itself: sd-daemon(3). */
static struct text begin(enum log_level level)
{
    static const char *const priorities[] = {
        [LOG_NONE] = "",    [LOG_ERROR] = "<3>", [LOG_WARN] = "<4>",
        [LOG_INFO] = "<6>", [LOG_DEBUG] = "<7>",
    };
    struct text line = {.used = 0};
    if (sink_is_journal())
        text_add(&line, priorities[level]);
    text_add(&line, "tfoshim: ");
    return line;
}

static void put(struct text *line)
{
    line->bytes[line->used++] = '\n';
    sink_write(line->bytes, line->used);
}

void log_list(enum log_level level, const char *const texts[])
{
    if (!log_is_on(level))
        return;
    struct text line = begin(level);
    while (*texts)
        text_add(&line, *texts++);
    put(&line);
}

static void add_address(struct text *line, const struct sockaddr *address)
{
    char text[INET6_ADDRSTRLEN] = "?";
    bool six = address->sa_family == AF_INET6;
    const struct sockaddr_in *in = (const struct sockaddr_in *)address;
    const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)address;
    inet_ntop(address->sa_family, six ? (const void *)&in6->sin6_addr : &in->sin_addr, text,
              sizeof text);
    text_add(line, six ? "[" : "");
    text_add(line, text);
    text_add(line, six ? "]:" : ":");
    text_add_number(line, ntohs(six ? in6->sin6_port : in->sin_port));
}

static struct text begin_connection(int fd, const struct sockaddr *address, const char *event)
{
    struct text line = begin(LOG_DEBUG);
    text_add_number(&line, NEXT(syscall)(SYS_getpid));
    text_add(&line, ": fd ");
    text_add_number(&line, fd);
    text_add(&line, ": ");
    add_address(&line, address);
    text_add(&line, ": ");
    text_add(&line, event);
    return line;
}

void log_round_trip(int fd, const struct sockaddr *address, const char *event, uint32_t rtt_us)
{
    struct text line = begin_connection(fd, address, event);
    if (rtt_us) {
        text_add(&line, " (round trip ");
        text_add_number(&line, rtt_us / 1000);
        text_add(&line, ".");
        text_add_number(&line, rtt_us / 100 % 10);
        text_add(&line, " ms)");
    }
    put(&line);
}

void log_cause(int fd, const struct sockaddr *address, const char *event, const char *call,
               const char *reason, int error)
{
    struct text line = begin_connection(fd, address, event);
    if (call) {
        text_add(&line, " by ");
        text_add(&line, call);
        text_add(&line, "()");
    }
    if (reason) {
        text_add(&line, ": ");
        text_add(&line, reason);
    }
    if (error) {
        text_add(&line, ": ");
        text_add(&line, error_text(error));
    }
    put(&line);
}

void log_connection(int fd, const struct sockaddr *address, const char *event, int error)
{
    log_cause(fd, address, event, NULL, NULL, error);
}
