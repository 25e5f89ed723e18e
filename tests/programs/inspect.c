/* SPDX-License-Identifier: MIT */
/*
 * inspect ADDRESS PORT [nonblocking]: asks a connected socket about itself. Each question is the
 * first thing done to a connection of its own, then the connection is used. For a server in mode
 * echo.
 */
#include "common.h"

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

static struct address peer;

static void ask_getpeername(int fd)
{
    struct address address = {.length = sizeof address.storage};
    say("getpeername", getpeername(fd, (struct sockaddr *)&address.storage, &address.length));
    printf("length: %u\n", address.length);
    say_address("peer", &address, false);
}

static void ask_getpeername_short(int fd)
{
    unsigned char bytes[sizeof(struct sockaddr_storage)];
    memset(bytes, 0xa5, sizeof bytes);
    socklen_t length = 6;
    say("getpeername", getpeername(fd, (struct sockaddr *)bytes, &length));
    printf("length: %u, port: %u, byte after: %x\n", length, bytes[2] * 256 + bytes[3], bytes[6]);
}

static void ask_getsockname(int fd)
{
    struct address address = {.length = sizeof address.storage};
    say("getsockname", getsockname(fd, (struct sockaddr *)&address.storage, &address.length));
    say_address("name", &address, true);
}

static void ask_error_twice(int fd)
{
    for (int i = 0; i < 2; i++) {
        int error = -1;
        socklen_t length = sizeof error;
        say("getsockopt", getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length));
        printf("SO_ERROR: %s\n", error_name(error));
    }
}

/* Where the answer goes need not be aligned. */
static void ask_error_at_odd_address(int fd)
{
    _Alignas(int) char place[sizeof(int) + 1];
    memset(place, 1, sizeof place);
    socklen_t length = sizeof(int);
    say("getsockopt", getsockopt(fd, SOL_SOCKET, SO_ERROR, place + 1, &length));
    printf("SO_ERROR: %d %d %d %d\n", place[1], place[2], place[3], place[4]);
}

static void ask_connect_again(int fd)
{
    say("connect again", connect(fd, address_get(&peer), peer.length));
    say("and again", connect(fd, address_get(&peer), peer.length));
}

static void ask_state(int fd)
{
    struct tcp_info info = {0};
    socklen_t length = sizeof info;
    say("getsockopt TCP_INFO", getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &length));
    printf("state: %d\n", info.tcpi_state);
}

static void ask_readable(int fd)
{
    struct pollfd poll_fd = {.fd = fd, .events = POLLIN | POLLOUT | POLLRDHUP};
    say("poll", poll(&poll_fd, 1, 0));
    printf("events: %s%s%s%s%s\n", poll_fd.revents & POLLIN ? "IN " : "",
           poll_fd.revents & POLLOUT ? "OUT " : "", poll_fd.revents & POLLERR ? "ERR " : "",
           poll_fd.revents & POLLHUP ? "HUP " : "", poll_fd.revents & POLLRDHUP ? "RDHUP" : "");
    char byte;
    say("recv", recv(fd, &byte, 1, MSG_DONTWAIT));
    say("peek", recv(fd, &byte, 1, MSG_DONTWAIT | MSG_PEEK));
    int waiting = -1;
    say("FIONREAD", ioctl(fd, FIONREAD, &waiting));
    printf("waiting: %d\n", waiting);
}

static void ask_options(int fd)
{
    int value = 1;
    socklen_t length = sizeof value;
    say("TCP_NODELAY", setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &value, length));
    say("SO_KEEPALIVE", setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &value, length));
    say("SO_TYPE", getsockopt(fd, SOL_SOCKET, SO_TYPE, &value, &length));
    printf("type: %d\n", value);
    say("TCP_ULP", setsockopt(fd, IPPROTO_TCP, TCP_ULP, "no-such", 7));
    struct stat status;
    say("fstat", fstat(fd, &status));
    printf("socket: %d, flags: %x\n", S_ISSOCK(status.st_mode), (unsigned)fcntl(fd, F_GETFL));
}

static void ask_bind_listen(int fd)
{
    struct address any = address_parse(peer.storage.ss_family == AF_INET ? "0.0.0.0" : "::", "0");
    say("bind", bind(fd, address_get(&any), any.length));
    say("listen", listen(fd, 5));
    say("accept", accept4(fd, NULL, NULL, SOCK_NONBLOCK));
}

static void ask_bad_addresses(int fd)
{
    char byte = 'x';
    volatile uintptr_t nowhere = 8; /* not a constant: the compiler would warn */
    say("write", write(fd, (const void *)nowhere, 10));
    say("send", send(fd, &byte, 0, 0));
    say("getpeername", getpeername(fd, (struct sockaddr *)nowhere, (socklen_t *)nowhere));
    say("connect", connect(fd, address_get(&peer), 1));
}

static void ask_reconnect(int fd)
{
    struct sockaddr none = {.sa_family = AF_UNSPEC};
    say("disconnect", connect(fd, &none, sizeof none));
    struct address address = {.length = sizeof address.storage};
    say("getpeername", getpeername(fd, (struct sockaddr *)&address.storage, &address.length));
    connect_said(fd, &peer, fcntl(fd, F_GETFL) & O_NONBLOCK);
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        void (*ask)(int fd);
    } questions[] = {
        {"getpeername", ask_getpeername},
        {"getpeername into too little", ask_getpeername_short},
        {"getsockname", ask_getsockname},
        {"SO_ERROR", ask_error_twice},
        {"SO_ERROR at an odd address", ask_error_at_odd_address},
        {"connect again", ask_connect_again},
        {"state", ask_state},
        {"readable", ask_readable},
        {"options", ask_options},
        {"bind and listen", ask_bind_listen},
        {"bad addresses", ask_bad_addresses},
        {"reconnect", ask_reconnect},
    };
    program_start();
    if (argc < 4)
        errx(2, "usage: inspect ADDRESS PORT blocking|nonblocking [QUESTION]");
    bool nonblocking = strcmp(argv[3], "nonblocking") == 0;
    peer = address_parse(argv[1], argv[2]);
    for (size_t i = 0; i < sizeof questions / sizeof *questions; i++) {
        bool is_reconnect = questions[i].ask == ask_reconnect;
        if (argc > 4 ? strcmp(argv[4], questions[i].name) != 0 : is_reconnect)
            continue;
        printf("-- %s\n", questions[i].name);
        int fd = tcp_socket(&peer, nonblocking);
        if (connect_said(fd, &peer, nonblocking)) {
            questions[i].ask(fd);
            write_said(fd, (const unsigned char *)"hello", 5);
            read_said(fd, 5);
        }
        say("close", close(fd));
    }
    return 0;
}
