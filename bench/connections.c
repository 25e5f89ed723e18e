/* SPDX-License-Identifier: MIT */
/*
 * connections blocking|epoll plain|native ADDRESS PORT COUNT: makes COUNT connections with a small
 * request each, reads the answer to its end, and prints the microseconds that one took. By epoll,
 * 16 are under way at a time. `native` sends the request by MSG_FASTOPEN. Some come before, by
 * which the way there is learned, and do not count.
 */
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define AT_A_TIME 16
#define BEFORE 32

static const char request[] = "GET / HTTP/1.0\r\nHost: bench\r\n\r\n";
#define LENGTH (sizeof request - 1)

static struct sockaddr_in server;
static bool native;
static int epoll;

static void must(bool good, const char *what)
{
    if (!good)
        err(1, "%s", what);
}

static int open_socket(int flags)
{
    int fd = socket(AF_INET, SOCK_STREAM | flags, 0);
    must(fd >= 0, "socket");
    return fd;
}

static ssize_t send_fast(int fd)
{
    return sendto(fd, request, LENGTH, MSG_FASTOPEN, (struct sockaddr *)&server, sizeof server);
}

static void one_blocking(void)
{
    char answer[4096];
    ssize_t got;
    int fd = open_socket(0);
    if (native) {
        must(send_fast(fd) == LENGTH, "sendto");
    } else {
        must(connect(fd, (struct sockaddr *)&server, sizeof server) == 0, "connect");
        must(write(fd, request, LENGTH) == LENGTH, "write");
    }
    while ((got = read(fd, answer, sizeof answer)) > 0)
        ;
    must(got == 0, "read");
    close(fd);
}

static void blocking(long count)
{
    while (count-- > 0)
        one_blocking();
}

static void watch(int operation, int fd, uint32_t events)
{
    struct epoll_event event = {.events = events, .data.fd = fd};
    must(epoll_ctl(epoll, operation, fd, &event) == 0, "epoll_ctl");
}

static void begin(void)
{
    int fd = open_socket(SOCK_NONBLOCK);
    bool sent = native && send_fast(fd) == LENGTH;
    if (!native)
        must(connect(fd, (struct sockaddr *)&server, sizeof server) == 0 || errno == EINPROGRESS,
             "connect");
    else
        must(sent || errno == EINPROGRESS, "sendto");
    watch(EPOLL_CTL_ADD, fd, sent ? EPOLLIN : EPOLLOUT);
}

/* Is the connection through? */
static bool go_on(const struct epoll_event *event)
{
    char answer[4096];
    ssize_t got;
    int fd = event->data.fd;
    if (event->events & EPOLLOUT) {
        must(write(fd, request, LENGTH) == LENGTH, "write");
        watch(EPOLL_CTL_MOD, fd, EPOLLIN);
        return false;
    }
    while ((got = read(fd, answer, sizeof answer)) > 0)
        ;
    if (got < 0 && errno == EAGAIN)
        return false;
    must(got == 0, "read");
    close(fd);
    return true;
}

static void by_epoll(long count)
{
    struct epoll_event events[AT_A_TIME];
    long begun = 0, ended = 0;
    while (ended < count) {
        for (; begun < count && begun - ended < AT_A_TIME; begun++)
            begin();
        int ready = epoll_wait(epoll, events, AT_A_TIME, -1);
        must(ready >= 0, "epoll_wait");
        for (int i = 0; i < ready; i++)
            ended += go_on(&events[i]);
    }
}

static double now_us(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec * 1e6 + (double)time.tv_nsec / 1e3;
}

int main(int argc, char **argv)
{
    if (argc != 6)
        errx(2, "usage: connections blocking|epoll plain|native ADDRESS PORT COUNT");
    void (*make)(long) = strcmp(argv[1], "epoll") == 0 ? by_epoll : blocking;
    long count = strtol(argv[5], NULL, 10);
    native = strcmp(argv[2], "native") == 0;
    server.sin_family = AF_INET;
    server.sin_port = htons((uint16_t)strtol(argv[4], NULL, 10));
    must(inet_pton(AF_INET, argv[3], &server.sin_addr) == 1 && count > 0, "address, port, count");
    epoll = epoll_create1(0);
    make(BEFORE);
    double start = now_us();
    make(count);
    printf("%.3f\n", (now_us() - start) / (double)count);
    return 0;
}
