/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "interpret.h"

/* nonblock SLOT 0|1 [ioctl] */
static void perform_nonblock(struct run *run, const struct line *line)
{
    int fd = slot_of(line, 1)->fd;
    int on = (int)number_of(line, 2);
    int flags = fcntl(fd, F_GETFL);
    if (word_is(line, 3, "ioctl"))
        say(run, ioctl(fd, FIONBIO, &on), "%s", "");
    else
        say(run, fcntl(fd, F_SETFL, on ? flags | O_NONBLOCK : flags & ~O_NONBLOCK), "%s", "");
}

/* ioctl SLOT FIONREAD|SIOCOUTQ|TIOCOUTQ|SIOCATMARK */
static void perform_ioctl(struct run *run, const struct line *line)
{
    static const struct {
        const char *name;
        unsigned long request;
    } requests[] = {{"FIONREAD", FIONREAD}, {"SIOCOUTQ", SIOCOUTQ}, {"SIOCATMARK", SIOCATMARK}};
    int fd = slot_of(line, 1)->fd;
    unsigned long request = SIOCOUTQ;
    int value = -1;
    int result;

    for (size_t i = 0; i < 3; i++)
        if (word_is(line, 2, requests[i].name))
            request = requests[i].request;
    result =
        line->number ? (int)syscall(SYS_ioctl, fd, request, &value) : ioctl(fd, request, &value);
    say(run, result, "value=%d", value);
}

enum kind { INTEGER, TIME, LINGER, STATE };

static const struct option {
    const char *name;
    int level;
    int option;
    enum kind kind;
} options[] = {
    {"SO_ERROR", SOL_SOCKET, SO_ERROR, INTEGER},
    {"SO_TYPE", SOL_SOCKET, SO_TYPE, INTEGER},
    {"SO_KEEPALIVE", SOL_SOCKET, SO_KEEPALIVE, INTEGER},
    {"SO_SNDBUF", SOL_SOCKET, SO_SNDBUF, INTEGER},
    {"SO_RCVBUF", SOL_SOCKET, SO_RCVBUF, INTEGER},
    {"SO_RCVLOWAT", SOL_SOCKET, SO_RCVLOWAT, INTEGER},
    {"SO_SNDTIMEO", SOL_SOCKET, SO_SNDTIMEO, TIME},
    {"SO_RCVTIMEO", SOL_SOCKET, SO_RCVTIMEO, TIME},
    {"SO_LINGER", SOL_SOCKET, SO_LINGER, LINGER},
    {"TCP_NODELAY", IPPROTO_TCP, TCP_NODELAY, INTEGER},
    {"TCP_CORK", IPPROTO_TCP, TCP_CORK, INTEGER},
    {"TCP_QUICKACK", IPPROTO_TCP, TCP_QUICKACK, INTEGER},
    {"TCP_USER_TIMEOUT", IPPROTO_TCP, TCP_USER_TIMEOUT, INTEGER},
    {"TCP_MAXSEG", IPPROTO_TCP, TCP_MAXSEG, INTEGER},
    {"TCP_SYNCNT", IPPROTO_TCP, TCP_SYNCNT, INTEGER},
    {"TCP_INFO", IPPROTO_TCP, TCP_INFO, STATE},
};

static const struct option *option_of(const struct line *line)
{
    for (size_t i = 0; i < sizeof options / sizeof options[0]; i++)
        if (word_is(line, 2, options[i].name))
            return &options[i];
    return &options[0];
}

union value {
    int integer;
    struct timeval time;
    struct linger linger;
    struct tcp_info info;
};

/* setopt SLOT NAME NUMBER: milliseconds for a time; seconds for SO_LINGER, -1 for off */
static void perform_setopt(struct run *run, const struct line *line)
{
    const struct option *option = option_of(line);
    int fd = slot_of(line, 1)->fd;
    int number = (int)number_of(line, 3);
    union value value = {.integer = number};
    socklen_t length = sizeof(int);
    if (option->kind == TIME) {
        value.time = (struct timeval){.tv_sec = number / 1000, .tv_usec = number % 1000 * 1000L};
        length = sizeof value.time;
    }
    if (option->kind == LINGER) {
        value.linger = (struct linger){.l_onoff = number >= 0, .l_linger = number > 0 ? number : 0};
        length = sizeof value.linger;
    }
    if (line->number)
        say(run, syscall(SYS_setsockopt, fd, option->level, option->option, &value, length), "%s",
            "");
    else
        say(run, setsockopt(fd, option->level, option->option, &value, length), "%s", "");
}

/* getopt SLOT NAME */
static void perform_getopt(struct run *run, const struct line *line)
{
    const struct option *option = option_of(line);
    int fd = slot_of(line, 1)->fd;
    union value value = {0};
    socklen_t length = sizeof value;
    long result;
    if (line->number)
        result = syscall(SYS_getsockopt, fd, option->level, option->option, &value, &length);
    else
        result = getsockopt(fd, option->level, option->option, &value, &length);
    if (result != 0)
        say(run, -1, "%s", "");
    else if (option->option == SO_ERROR && option->level == SOL_SOCKET)
        say(run, 0, "%s", value.integer ? errno_name(value.integer) : "none");
    else if (option->kind == TIME)
        say(run, 0, "%ld ms", (long)(value.time.tv_sec * 1000 + value.time.tv_usec / 1000));
    else if (option->kind == LINGER)
        say(run, 0, "%d %d", value.linger.l_onoff, value.linger.l_linger);
    else if (option->kind == STATE)
        say(run, 0, "state=%d", value.info.tcpi_state);
    else
        say(run, 0, "%d", value.integer);
}

const struct operation option_operations[] = {
    {"nonblock", perform_nonblock},
    {"ioctl", perform_ioctl},
    {"setopt", perform_setopt},
    {"getopt", perform_getopt},
    {NULL, NULL},
};
