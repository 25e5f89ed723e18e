/* SPDX-License-Identifier: MIT */
/* Every call that makes, copies or closes a descriptor, by its symbol. */
#include "calls.h"
#include "common.h"
#include "named.h"

#include <err.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>

NAMED(int, __connect, int, const struct sockaddr *, socklen_t);
NAMED(int, __dup2, int, int);
NAMED(int, __fcntl, int, int, ...);
NAMED(int, fcntl64, int, int, ...);
NAMED(int, __close, int);

/* The copy is what goes on. */
static void go_on_with(const char *what, int fd, int copy)
{
    say(what, copy >= 0 ? 0 : -1);
    say("close", close(fd));
    connection = copy;
}

static int another(void)
{
    int fd = open("/dev/null", O_RDWR);
    if (fd < 0)
        err(2, "/dev/null");
    return fd;
}

static void call_dup(int fd)
{
    go_on_with("dup", fd, dup(fd));
}

static void call_dup2(int fd)
{
    go_on_with("dup2", fd, dup2(fd, another()));
}

static void call_dup2_alias(int fd)
{
    go_on_with("__dup2", fd, named___dup2(fd, another()));
}

static void call_dup3(int fd)
{
    go_on_with("dup3", fd, dup3(fd, another(), O_CLOEXEC));
}

static void call_dup3_over(int fd)
{
    say("dup3 over it", dup3(another(), fd, 0) == fd ? 0 : -1);
}

static void call_fcntl(int fd)
{
    go_on_with("fcntl", fd, fcntl(fd, F_DUPFD, 0));
}

static void call_fcntl64(int fd)
{
    go_on_with("fcntl64", fd, named_fcntl64(fd, F_DUPFD_CLOEXEC, 0));
}

static void call_fcntl_alias(int fd)
{
    go_on_with("__fcntl", fd, named___fcntl(fd, F_DUPFD_CLOEXEC, 100));
}

static void call_fdopen(int fd)
{
    FILE *stream = fdopen(fd, "w");
    say("fputs", stream != NULL ? fputs("hello\n", stream) >= 0 : -1);
    say("fclose", fclose(stream));
}

/* A second connection, while the first is still to be written on. */
static void call_connect_alias(int fd)
{
    struct address peer = {.length = sizeof peer.storage};
    if (getpeername(fd, (struct sockaddr *)&peer.storage, &peer.length) != 0)
        err(2, "getpeername");
    int second = tcp_socket(&peer, false);
    say("__connect", named___connect(second, address_get(&peer), peer.length));
    write_said(second, (const unsigned char *)"hello", 5);
    say("shutdown", shutdown(second, SHUT_WR));
    read_to_end_said(second);
    say("close", close(second));
}

/* It asks how much there is to read. */
static void call_ioctl(int fd)
{
    int waiting = -1;
    say("ioctl", ioctl(fd, FIONREAD, &waiting));
    printf("waiting: %d\n", waiting);
}

static void call_shutdown(int fd)
{
    say("shutdown", shutdown(fd, SHUT_WR));
    read_to_end_said(fd);
    say("close", close(fd));
}

static void call_close(int fd)
{
    say("close", close(fd));
}

static void call_close_alias(int fd)
{
    say("__close", named___close(fd));
}

static void call_close_range(int fd)
{
    say("close_range", close_range((unsigned)fd, (unsigned)fd, 0));
}

static void call_close_range_on_exec(int fd)
{
    say("close_range on exec", close_range((unsigned)fd, ~0U, CLOSE_RANGE_CLOEXEC));
}

static void call_closefrom(int fd)
{
    closefrom(fd);
}

const struct call descriptor_calls[] = {
    {"dup", call_dup},
    {"dup2", call_dup2},
    {"__dup2", call_dup2_alias},
    {"dup3", call_dup3},
    {"dup3-over", call_dup3_over},
    {"fcntl", call_fcntl},
    {"fcntl64", call_fcntl64},
    {"__fcntl", call_fcntl_alias},
    {"fdopen-fclose", call_fdopen},
    {"__connect", call_connect_alias},
    {"ioctl", call_ioctl},
    {"shutdown", call_shutdown},
    {"close", call_close},
    {"__close", call_close_alias},
    {"close_range", call_close_range},
    {"close_range-on-exec", call_close_range_on_exec},
    {"closefrom", call_closefrom},
    {0},
};
