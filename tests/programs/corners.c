/* SPDX-License-Identifier: MIT */
/*
 * corners ADDRESS PORT WAY [ARGUMENT]: what programs seldom do with a connection, or between two
 * of them. tests/corners.bats says which server each way is for.
 */
#include "common.h"
#include "facilities.h"

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

static struct address peer;
static const char *argument;
static char *self;

static int connected(int flags)
{
    int fd = socket(peer.storage.ss_family, SOCK_STREAM | flags, 0);
    if (fd < 0 || !connect_said(fd, &peer, false))
        err(1, "connecting");
    return fd;
}

static void hello(int fd)
{
    write_said(fd, (const unsigned char *)"hello", 5);
}

/* To the end of the stream, on both sides. */
static void finish(int fd)
{
    say("shutdown", shutdown(fd, SHUT_WR));
    read_to_end_said(fd);
    say("close", close(fd));
}

/* Closed by a stream, inside the C library, and the number is given out again. */
static void by_stream(int fd)
{
    say("fclose", fclose(fdopen(fd, "r+")));
    int next = connected(0);
    printf("same number: %d\n", next == fd);
    hello(next);
    finish(next);
}

/* The first connection is not read from, or is. */
static void way_stream(void)
{
    int fd = connected(0);
    hello(fd);
    if (strcmp(argument, "read") == 0) {
        read_said(fd, 5);
        say("connect again", connect(fd, address_get(&peer), peer.length));
    }
    by_stream(fd);
}

/* Another program gets the connection, and this one closes its own descriptor at once. */
static void way_spawn(void)
{
    char number[16], use[] = "--use";
    int fd = connected(0), status = -1;
    snprintf(number, sizeof number, "%d", fd);
    char *arguments[] = {self, use, number, NULL};
    pid_t child;
    int error = strcmp(argument, "path") == 0
                    ? posix_spawn(&child, self, NULL, NULL, arguments, environ)
                    : posix_spawnp(&child, self, NULL, NULL, arguments, environ);
    int closed = close(fd);
    waitpid(child, &status, 0);
    printf("child: %d, spawn: %s, close: %d\n", status, error_name(error), closed);
}

static void use_in_child(const char *number)
{
    int fd = atoi(number);
    read_said(fd, strlen("220 ready\n"));
    hello(fd);
    finish(fd);
}

/* A program that is started beside a connection that it does not get. */
static void way_beside(void)
{
    char *arguments[] = {self, NULL};
    pid_t child;
    int status = -1, fd = connected(SOCK_CLOEXEC);
    int error = posix_spawn(&child, "/bin/true", NULL, NULL, arguments, environ);
    hello(fd);
    waitpid(child, &status, 0);
    printf("child: %d, spawn: %s\n", status, error_name(error));
    finish(fd);
}

/* The second of two messages has the connection with it. */
static void way_message(void)
{
    int ends[2], fd = connected(0), received = -1;
    char byte = 'x', control[CMSG_SPACE(sizeof(int))] = {0};
    struct iovec part = {.iov_base = &byte, .iov_len = 1};
    struct mmsghdr messages[2] = {{.msg_hdr = {.msg_iov = &part, .msg_iovlen = 1}},
                                  {.msg_hdr = {.msg_iov = &part,
                                               .msg_iovlen = 1,
                                               .msg_control = control,
                                               .msg_controllen = sizeof control}}};
    struct cmsghdr *header = CMSG_FIRSTHDR(&messages[1].msg_hdr);
    *header = (struct cmsghdr){
        .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS, .cmsg_len = CMSG_LEN(sizeof(int))};
    memcpy(CMSG_DATA(header), &fd, sizeof fd);
    say("socketpair", socketpair(AF_UNIX, SOCK_DGRAM, 0, ends));
    say("sendmmsg", sendmmsg(ends[0], messages, 2, 0));
    say("close", close(fd));
    say("recv", recv(ends[1], &byte, 1, 0));
    say("recvmsg", recvmsg(ends[1], &messages[1].msg_hdr, 0));
    memcpy(&received, CMSG_DATA(header), sizeof received);
    hello(received);
    finish(received);
}

/* While one connection has not been written on, another is tried, to the argument. */
static void way_second(void)
{
    struct address other = address_parse(argument, "9");
    int fd = connected(0), second = tcp_socket(&other, false);
    connect_said(second, &other, false);
    hello(fd);
    finish(fd);
}

/* A request that is not safe to repeat, on a copy. */
static void way_copy(void)
{
    int fd = connected(0), copy = fcntl(fd, F_DUPFD_CLOEXEC, 100);
    write_said(copy, (const unsigned char *)"POST / HTTP/1.0\r\n\r\n", 19);
    finish(copy);
}

/* Its connect does not block. */
static int begun(const struct facility *facility)
{
    int fd = tcp_socket(&peer, true);
    facility->begin(fd);
    if (connect(fd, address_get(&peer), peer.length) != 0 && errno != EINPROGRESS)
        err(1, "connect");
    return fd;
}

/* Told that it may write, it closes. */
static void way_told(void)
{
    const struct facility *facility = facility_find(argument);
    int fd = begun(facility);
    printf("writable: %d\n", (facility->wait(fd, POLLOUT) & POLLOUT) != 0);
    say("close", close(fd));
}

/* So many times the connection is asked for something, without waiting, before it is used. */
static void way_asked(void)
{
    int fd = begun(facility_find("poll")), times = atoi(argument + 1);
    struct pollfd poll_fd = {.fd = fd, .events = *argument == 'w' ? POLLOUT : POLLIN};
    char byte;
    for (int i = 0; i < times; i++) {
        long result =
            *argument == 'r' ? read(fd, &byte, 1) : poll(&poll_fd, 1, *argument == 'w' ? 10000 : 0);
        if (result != (*argument == 'w' ? 1 : *argument == 'r' ? -1 : 0))
            errx(1, "asked the %dth time: %ld", i + 1, result);
    }
    hello(fd);
    finish(fd);
}

/* Several connections, each of which is asked so many times by turns before the first is used. */
static void way_turns(void)
{
    int fds[4], times = atoi(argument);
    for (int i = 0; i < 4; i++)
        fds[i] = begun(facility_find("poll"));
    for (int i = 0; i < 4 * times; i++)
        if (poll(&(struct pollfd){.fd = fds[i % 4], .events = POLLIN}, 1, 0) != 0)
            errx(1, "asked the %dth time", i + 1);
    for (int i = 0; i < 4; i++)
        hello(fds[i]);
    for (int i = 0; i < 4; i++)
        finish(fds[i]);
}

static atomic_int turn;

/* Spinning: a wait would begin what has not begun. */
static void await_turn(int wanted)
{
    while (turn != wanted) {}
}

static void *connect_between(void *unused)
{
    (void)unused;
    await_turn(1);
    int fd = connected(0);
    turn = 2;
    await_turn(3);
    hello(fd);
    finish(fd);
    return NULL;
}

/* This thread waits; what it has not written on lies around what another has not. Its connects do
 * not block: one would be a wait for the other. */
static void way_neighbour(void)
{
    pthread_t thread;
    pthread_create(&thread, NULL, connect_between, NULL);
    int first = begun(facility_find("poll"));
    turn = 1;
    await_turn(2);
    int last = begun(facility_find("poll"));
    say("poll", poll(NULL, 0, 1));
    turn = 3;
    pthread_join(thread, NULL);
    finish(first);
    finish(last);
}

/* The thread goes to the network of the argument, a file, between socket() and connect(). */
static void way_elsewhere(void)
{
    int fd = tcp_socket(&peer, false), network = open(argument, O_RDONLY | O_CLOEXEC);
    say("setns", setns(network, CLONE_NEWNET));
    if (connect_said(fd, &peer, false)) {
        hello(fd);
        finish(fd);
    }
}

static int end_at_once(void *unused)
{
    (void)unused;
    _exit(0);
}

/* As Chromium's sandbox: a child runs in the parent's memory, with none of its thread-local
 * variables. */
static void way_threadless(void)
{
    static _Alignas(16) char stack[65536], nobodys[16384];
    int status = -1, flags = CLONE_VM | CLONE_VFORK | CLONE_FS | CLONE_SETTLS | SIGCHLD;
    pid_t child = clone(end_at_once, stack + sizeof stack, flags, NULL, NULL,
                        nobodys + sizeof nobodys / 2, NULL);
    say("waitpid", waitpid(child, &status, 0) == child ? 0 : -1);
    printf("status: %d\n", status);
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        void (*go)(void);
    } ways[] = {
        {"stream", way_stream},       {"spawn", way_spawn},   {"beside", way_beside},
        {"message", way_message},     {"second", way_second}, {"copy", way_copy},
        {"told", way_told},           {"asked", way_asked},   {"neighbour", way_neighbour},
        {"elsewhere", way_elsewhere}, {"turns", way_turns},   {"threadless", way_threadless},
    };
    program_start();
    self = argv[0];
    if (argc == 3 && strcmp(argv[1], "--use") == 0) {
        use_in_child(argv[2]);
        return 0;
    }
    if (argc < 4)
        errx(2, "usage: corners ADDRESS PORT WAY [ARGUMENT]");
    peer = address_parse(argv[1], argv[2]);
    argument = argc > 4 ? argv[4] : "";
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        if (strcmp(argv[3], ways[i].name) == 0) {
            ways[i].go();
            return 0;
        }
    }
    errx(2, "no such way: %s", argv[3]);
}
