/* SPDX-License-Identifier: MIT */
/*
 * by-c-ares NAME PORT [4|6]: looks the name up by c-ares, which asks the name server itself,
 * connects, writes, half-closes and reads to the end.
 */
#include <ares.h>
#include <err.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <unistd.h>

static struct sockaddr_storage peer;
static socklen_t length;

static void found(void *unused, int status, int timeouts, struct ares_addrinfo *answer)
{
    (void)unused;
    (void)timeouts;
    if (status != ARES_SUCCESS || !answer->nodes)
        errx(1, "%s", ares_strerror(status));
    length = answer->nodes->ai_addrlen;
    memcpy(&peer, answer->nodes->ai_addr, length);
    ares_freeaddrinfo(answer);
}

static void look_up(const char *name, const char *port, int family)
{
    ares_channel channel;
    struct ares_addrinfo_hints hints = {.ai_family = family, .ai_socktype = SOCK_STREAM};
    if (ares_library_init(ARES_LIB_INIT_ALL) != ARES_SUCCESS || ares_init(&channel) != ARES_SUCCESS)
        errx(1, "c-ares");
    ares_getaddrinfo(channel, name, port, &hints, found, NULL);
    while (length == 0) {
        fd_set reads, writes;
        struct timeval most, *time;
        FD_ZERO(&reads);
        FD_ZERO(&writes);
        int count = ares_fds(channel, &reads, &writes);
        time = ares_timeout(channel, NULL, &most);
        select(count, &reads, &writes, NULL, time);
        ares_process(channel, &reads, &writes);
    }
    ares_destroy(channel);
}

int main(int argc, char **argv)
{
    char answer[100];
    ssize_t got;
    if (argc != 4)
        errx(2, "usage: by-c-ares NAME PORT 4|6");
    look_up(argv[1], argv[2], strcmp(argv[3], "6") == 0 ? AF_INET6 : AF_INET);
    int fd = socket(peer.ss_family, SOCK_STREAM, 0);
    if (connect(fd, (struct sockaddr *)&peer, length) != 0 || write(fd, "hello", 5) != 5)
        err(1, "connect");
    shutdown(fd, SHUT_WR);
    while ((got = read(fd, answer, sizeof answer)) > 0)
        fwrite(answer, 1, (size_t)got, stdout);
    return 0;
}
