/* SPDX-License-Identifier: MIT */
/*
 * calls ROUNDS: how long calls take that the library hooks and that are none of its business.
 * Prints ROUNDS lines for each call: its name and the nanoseconds that one call took, of many.
 */
#include <err.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define CALLS 100000
#define CONNECTIONS 500

static int pair[2], epoll, listener;
static struct sockaddr_in self;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static void must(bool good, const char *what)
{
    if (!good)
        err(1, "%s", what);
}

static void call_send_recv(void)
{
    char byte = 'x';
    must(send(pair[0], &byte, 1, 0) == 1 && recv(pair[1], &byte, 1, 0) == 1, "send, recv");
}

static void call_write_read(void)
{
    char byte = 'x';
    must(write(pair[0], &byte, 1) == 1 && read(pair[1], &byte, 1) == 1, "write, read");
}

static void call_poll(void)
{
    struct pollfd one = {.fd = pair[0], .events = POLLOUT};
    must(poll(&one, 1, -1) == 1, "poll");
}

static void call_epoll_wait(void)
{
    struct epoll_event event;
    must(epoll_wait(epoll, &event, 1, -1) == 1, "epoll_wait");
}

static void call_lock(void)
{
    pthread_mutex_lock(&lock);
    pthread_mutex_unlock(&lock);
}

static void call_dup_close(void)
{
    must(close(dup(pair[0])) == 0, "dup, close");
}

/* connect, a request, an answer, close: over the loopback, to a port that the policy has off. */
static void call_connection(void)
{
    char byte = 'x';
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    must(connect(fd, (struct sockaddr *)&self, sizeof self) == 0, "connect");
    must(send(fd, &byte, 1, 0) == 1, "send");
    int accepted = accept(listener, NULL, NULL);
    must(recv(accepted, &byte, 1, 0) == 1 && send(accepted, &byte, 1, 0) == 1 &&
             recv(fd, &byte, 1, 0) == 1,
         "connection");
    close(fd);
    close(accepted);
}

static void set_up(void)
{
    struct epoll_event event = {.events = EPOLLOUT};
    socklen_t length = sizeof self;
    self = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    listener = socket(AF_INET, SOCK_STREAM, 0);
    must(bind(listener, (struct sockaddr *)&self, sizeof self) == 0 && listen(listener, 5) == 0 &&
             getsockname(listener, (struct sockaddr *)&self, &length) == 0,
         "listener");
    must(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0, "socketpair");
    epoll = epoll_create1(0);
    must(epoll_ctl(epoll, EPOLL_CTL_ADD, pair[0], &event) == 0, "epoll");
}

static double now_ns(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        void (*call)(void);
        int times;
    } calls[] = {
        {"send+recv", call_send_recv, CALLS},
        {"write+read", call_write_read, CALLS},
        {"poll", call_poll, CALLS},
        {"epoll_wait", call_epoll_wait, CALLS},
        {"mutex", call_lock, CALLS},
        {"dup+close", call_dup_close, CALLS},
        {"connection", call_connection, CONNECTIONS},
    };
    long rounds = argc == 2 ? strtol(argv[1], NULL, 10) : 0;
    if (rounds < 1)
        errx(2, "usage: calls ROUNDS");
    set_up();
    for (long round = 0; round < rounds; round++) {
        for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
            double begin = now_ns();
            for (int n = 0; n < calls[i].times; n++)
                calls[i].call();
            printf("%s %.1f\n", calls[i].name, (now_ns() - begin) / calls[i].times);
        }
    }
    return 0;
}
