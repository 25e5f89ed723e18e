/* SPDX-License-Identifier: MIT */
/*
 * by-name HOW NAME PORT: looks a host up the way HOW says, connects to its first address, writes,
 * half-closes and reads to the end. HOW: getaddrinfo gethostbyname gethostbyname2 gethostbyname_r.
 */
#include "common.h"

#include <err.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct address from_hostent(const struct hostent *found, const char *port)
{
    if (found == NULL) {
        errx(1, "not found: %s", hstrerror(h_errno));
    }
    struct address address = {.length = sizeof(struct sockaddr_in)};
    struct sockaddr_in *v4 = (struct sockaddr_in *)&address.storage;
    v4->sin_family = AF_INET;
    v4->sin_port = htons((in_port_t)strtoul(port, NULL, 10));
    memcpy(&v4->sin_addr, found->h_addr_list[0], sizeof v4->sin_addr);
    return address;
}

static struct address by_gethostbyname_r(const char *name, const char *port)
{
    char buffer[4096];
    struct hostent entry, *found = NULL;
    int error;
    gethostbyname_r(name, &entry, buffer, sizeof buffer, &found, &error);
    return from_hostent(found, port);
}

static struct address by_getaddrinfo(const char *name, const char *port)
{
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
    struct addrinfo *found;
    int error = getaddrinfo(name, port, &hints, &found);
    if (error != 0) {
        errx(1, "%s: %s", name, gai_strerror(error));
    }
    struct address address = {.length = found->ai_addrlen};
    memcpy(&address.storage, found->ai_addr, found->ai_addrlen);
    freeaddrinfo(found);
    return address;
}

static struct address look_up(const char *how, const char *name, const char *port)
{
    if (strcmp(how, "getaddrinfo") == 0) {
        return by_getaddrinfo(name, port);
    } else if (strcmp(how, "gethostbyname") == 0) {
        return from_hostent(gethostbyname(name), port);
    } else if (strcmp(how, "gethostbyname2") == 0) {
        return from_hostent(gethostbyname2(name, AF_INET), port);
    } else if (strcmp(how, "gethostbyname_r") == 0) {
        return by_gethostbyname_r(name, port);
    }
    errx(2, "no such way: %s", how);
}

int main(int argc, char **argv)
{
    program_start();
    if (argc != 4) {
        errx(2, "usage: by-name HOW NAME PORT");
    }
    struct address peer = look_up(argv[1], argv[2], argv[3]);
    int fd = tcp_socket(&peer, false);
    if (!connect_said(fd, &peer, false)) {
        return 1;
    }
    write_said(fd, (const unsigned char *)"hello", 5);
    say("shutdown", shutdown(fd, SHUT_WR));
    read_to_end_said(fd);
    say("close", close(fd));
    return 0;
}
