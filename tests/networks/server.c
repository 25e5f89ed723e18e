/* SPDX-License-Identifier: MIT */
/*
 * server plain|native PORT GREETING-PORT: takes messages, answers each when it has the whole of it,
 * ends its own side, and reads to the end of the other. On the second port it speaks first. A line
 * for each connection that sent anything:
 *
 *   NUMBER LENGTH GOT WRONG-BYTES SYN-DATA ANSWER-ERRNO END-ERRNO
 *
 * The end's errno is 0 for EOF.
 */
#include <err.h>
#include <errno.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "message.h"

#define BACKLOG 1024
#define STACK 262144

struct account {
    struct message message;
    size_t got;
    size_t wrong;
    bool syn_data;
    int answered;
    int ended;
};

struct listener {
    int fd;
    bool greets;
};

struct connection {
    int fd;
    bool greets;
};

/* As recv, but EINTR is no end; sets what the end was. */
static ssize_t receive(int fd, unsigned char *bytes, size_t room, struct account *account)
{
    ssize_t got;
    do
        got = recv(fd, bytes, room, 0);
    while (got < 0 && errno == EINTR);
    if (got < 0)
        account->ended = errno;
    return got;
}

static bool read_header(int fd, struct account *account)
{
    unsigned char header[MESSAGE_HEADER];
    size_t left;
    while ((left = message_header_left(header, account->got)) > 0) {
        ssize_t got = receive(fd, header + account->got, left, account);
        if (got <= 0)
            return false;
        account->got += (size_t)got;
    }
    account->message = message_read_header(header);
    if (account->message.length)
        return true;
    account->wrong = account->got;
    return false;
}

static bool read_message(int fd, struct account *account)
{
    unsigned char bytes[65536];
    while (account->got < account->message.length) {
        size_t left = account->message.length - account->got;
        ssize_t got = receive(fd, bytes, left < sizeof bytes ? left : sizeof bytes, account);
        if (got <= 0)
            return false;
        account->wrong += message_count_wrong(&account->message, account->got, bytes, (size_t)got);
        account->got += (size_t)got;
    }
    return true;
}

static void answer(int fd, struct account *account)
{
    unsigned char bytes[ANSWER_MAX];
    size_t length = answer_length(&account->message);
    answer_fill(&account->message, bytes);
    if (send(fd, bytes, length, MSG_NOSIGNAL) != (ssize_t)length || shutdown(fd, SHUT_WR) != 0)
        account->answered = errno;
}

/* What comes after a whole message should not be there. */
static void read_to_end(int fd, struct account *account)
{
    unsigned char bytes[4096];
    ssize_t got;
    while ((got = receive(fd, bytes, sizeof bytes, account)) > 0)
        account->wrong += (size_t)got;
}

static void look_at_opening(int fd, struct account *account)
{
    struct tcp_info info = {0};
    socklen_t length = sizeof info;
    if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &length) == 0)
        account->syn_data = info.tcpi_options & TCPI_OPT_SYN_DATA;
}

static void *serve(void *argument)
{
    struct connection *connection = argument;
    struct account account = {0};
    int fd = connection->fd;
    if (connection->greets && send(fd, GREETING, strlen(GREETING), MSG_NOSIGNAL) < 0)
        account.ended = errno;
    free(connection);
    if (read_header(fd, &account) && read_message(fd, &account)) {
        look_at_opening(fd, &account);
        answer(fd, &account);
        read_to_end(fd, &account);
    }
    close(fd);
    if (account.got)
        printf("%" PRIu32 " %zu %zu %zu %d %d %d\n", account.message.number, account.message.length,
               account.got, account.wrong, account.syn_data, account.answered, account.ended);
    return NULL;
}

static void *accept_all(void *argument)
{
    const struct listener *listener = argument;
    pthread_attr_t attributes;
    pthread_t thread;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, STACK);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    for (;;) {
        struct connection *connection = malloc(sizeof *connection);
        if (!connection)
            err(2, "cannot serve");
        connection->greets = listener->greets;
        do
            connection->fd = accept(listener->fd, NULL, NULL);
        while (connection->fd < 0 && (errno == EINTR || errno == ECONNABORTED));
        if (connection->fd < 0 || pthread_create(&thread, &attributes, serve, connection) != 0)
            err(2, "cannot serve");
    }
    return NULL;
}

static int listen_on(const char *port, bool native)
{
    struct sockaddr_in6 address = {.sin6_family = AF_INET6};
    int queue = BACKLOG;
    int on = 1;
    int off = 0;
    int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
    address.sin6_port = htons((in_port_t)strtoul(port, NULL, 10));
    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off) != 0 ||
        bind(fd, (const struct sockaddr *)&address, sizeof address) != 0 ||
        (native && setsockopt(fd, IPPROTO_TCP, TCP_FASTOPEN, &queue, sizeof queue) != 0) ||
        listen(fd, BACKLOG) != 0)
        err(2, "cannot listen on port %s", port);
    return fd;
}

int main(int argc, char **argv)
{
    struct listener plain = {.greets = false};
    struct listener greeting = {.greets = true};
    pthread_t thread;
    bool native;
    if (argc != 4)
        errx(2, "usage: server plain|native PORT GREETING-PORT");
    native = strcmp(argv[1], "native") == 0;
    signal(SIGPIPE, SIG_IGN);
    setvbuf(stdout, NULL, _IOLBF, 0);
    plain.fd = listen_on(argv[2], native);
    greeting.fd = listen_on(argv[3], native);
    if (pthread_create(&thread, NULL, accept_all, &greeting) != 0)
        err(2, "cannot serve");
    accept_all(&plain);
    return 0;
}
