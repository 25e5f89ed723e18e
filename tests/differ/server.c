/* SPDX-License-Identifier: MIT */
#include <err.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "serve.h"

/*
 * The server of the programs that the differ makes: a port for every way to serve. Commands come on
 * its input, a line each, and are answered by a line `done`:
 *
 *   report MS   waits until every connection has ended, at most so long; says what each saw, a line
 *               each, and forgets them
 *   dead on|off whether anybody listens on the port `dead`
 */
#define CONNECTIONS 2048
#define KINDS (sizeof ports / sizeof ports[0])

static struct connection connections[CONNECTIONS];
static int connection_count;
static int listeners[KINDS];
static int epoll;

static long now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void watch(int op, int fd, uint32_t events, uint32_t tag)
{
    struct epoll_event event = {.events = events, .data.u32 = tag};
    if (epoll_ctl(epoll, op, fd, &event) != 0)
        err(1, "cannot watch a descriptor");
}

static void listener_open(size_t index)
{
    struct sockaddr_in6 address = {.sin6_family = AF_INET6,
                                   .sin6_port = htons((uint16_t)ports[index].port)};
    int on = 1, off = 0, queue = 1024;
    int fd = socket(AF_INET6, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
    setsockopt(fd, IPPROTO_TCP, TCP_FASTOPEN, &queue, sizeof queue);
    if (bind(fd, (struct sockaddr *)&address, sizeof address) != 0 || listen(fd, 1024) != 0)
        err(1, "cannot listen on port %d", ports[index].port);
    listeners[index] = fd;
    watch(EPOLL_CTL_ADD, fd, EPOLLIN, CONNECTIONS + (uint32_t)index);
}
void connection_watch(struct connection *one, bool is_new, uint32_t events)
{
    watch(is_new ? EPOLL_CTL_ADD : EPOLL_CTL_MOD, one->fd, events, (uint32_t)(one - connections));
}

static void accept_all(size_t index)
{
    int fd;
    /* cppcheck-suppress nullPointer */
    while ((fd = accept4(listeners[index], NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
        struct connection *one = &connections[connection_count];
        struct tcp_info info = {0};
        socklen_t length = sizeof info;
        if (connection_count == CONNECTIONS)
            errx(1, "cannot serve: too many connections");
        connection_count++;
        getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &length);
        *one = (struct connection){.fd = fd,
                                   .kind = ports[index].kind,
                                   .name = ports[index].name,
                                   .syn_data = (info.tcpi_options & TCPI_OPT_SYN_DATA) != 0};
        connection_begin(one);
    }
}

static void wait_once(int ms)
{
    struct epoll_event ready[64];
    int count = epoll_wait(epoll, ready, 64, ms);
    for (int i = 0; i < count; i++) {
        uint32_t tag = ready[i].data.u32;
        if (tag >= CONNECTIONS && tag < CONNECTIONS + KINDS)
            accept_all(tag - CONNECTIONS);
        else if (tag < CONNECTIONS && connections[tag].fd >= 0) {
            if (connections[tag].kind == SILENT &&
                (ready[i].events & (EPOLLHUP | EPOLLERR | EPOLLRDHUP)))
                connections[tag].kind = DISCARD;
            connection_serve(&connections[tag]);
        }
    }
}

static bool any_open(void)
{
    for (int i = 0; i < connection_count; i++)
        if (connections[i].fd >= 0)
            return true;
    return false;
}

static void say_one(struct connection *one)
{
    if (one->fd >= 0)
        connection_end(one, "open");
    printf("%s bytes=%zu sum=%08x end=%s syn=%d first=%c\n", one->name, one->bytes, one->sum,
           one->end, one->syn_data, one->first ? one->first : '-');
}

static void report(long ms)
{
    long deadline = now_ms() + ms;
    for (int i = 0; i < connection_count; i++)
        if (connections[i].fd >= 0 && connections[i].kind == SILENT) {
            connections[i].kind = DISCARD;
            connection_serve(&connections[i]);
        }
    while (any_open() && now_ms() < deadline)
        wait_once(10);
    for (int i = 0; i < connection_count; i++)
        say_one(&connections[i]);
    connection_count = 0;
}

static void set_dead(bool dead)
{
    for (size_t i = 0; i < KINDS; i++)
        if (ports[i].kind == DEAD && dead && listeners[i] >= 0) {
            close(listeners[i]);
            listeners[i] = -1;
        } else if (ports[i].kind == DEAD && !dead && listeners[i] < 0) {
            listener_open(i);
        }
}

static void obey(const char *command)
{
    wait_once(0);
    if (strncmp(command, "report ", 7) == 0)
        report(strtol(command + 7, NULL, 10));
    else if (strncmp(command, "dead ", 5) == 0)
        set_dead(strncmp(command + 5, "on", 2) == 0);
    puts("done");
    fflush(stdout);
}

int main(void)
{
    char command[64];
    ssize_t got;
    epoll = epoll_create1(EPOLL_CLOEXEC);
    for (size_t i = 0; i < KINDS; i++) {
        listeners[i] = -1;
        if (ports[i].kind != CLOSED)
            listener_open(i);
    }
    watch(EPOLL_CTL_ADD, STDIN_FILENO, EPOLLIN, UINT32_MAX);
    puts("done");
    fflush(stdout);
    for (;;) {
        struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
        wait_once(-1);
        if (poll(&input, 1, 0) != 1)
            continue;
        got = read(STDIN_FILENO, command, sizeof command - 1);
        if (got <= 0)
            return 0;
        command[got] = '\0';
        obey(command);
    }
}
