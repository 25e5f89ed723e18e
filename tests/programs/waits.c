/* SPDX-License-Identifier: MIT */
/*
 * waits ADDRESS PORT FACILITY client-first|server-first [nonblocking]: waits for the socket with
 * one of the system's facilities before each step of a small conversation.
 *
 *   client-first   wait for writing, write, wait for reading, read the echo
 *   server-first   wait for reading, read the greeting, then the same
 *   read-first     as server-first, but reads without waiting for anything
 *   peek-first     the same, and looks at what there is before it reads
 */
#include "common.h"
#include "facilities.h"

#include <err.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void wait_said(const struct facility *facility, int fd, short events)
{
    short seen = facility->wait(fd, events);
    if (seen < 0)
        err(2, "%s", facility->name);
    /* Only what was asked for and what is always told: anything else is a matter of timing. */
    printf("%s:%s%s%s%s\n", facility->name, seen & events & POLLIN ? " IN" : "",
           seen & events & POLLOUT ? " OUT" : "", seen & POLLERR ? " ERR" : "",
           seen & POLLHUP ? " HUP" : "");
}

static void converse(const struct facility *facility, int fd)
{
    wait_said(facility, fd, POLLOUT);
    int error = -1;
    say("SO_ERROR", getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &(socklen_t){sizeof error}));
    printf("SO_ERROR: %s\n", error_name(error));
    if (!write_said(fd, (const unsigned char *)"hello\n", 6))
        return;
    wait_said(facility, fd, POLLIN);
    read_said(fd, 6);
    say("shutdown", shutdown(fd, SHUT_WR));
    read_to_end_said(fd);
}

int main(int argc, char **argv)
{
    program_start();
    if (argc < 5)
        errx(2, "usage: waits ADDRESS PORT FACILITY FIRST [nonblocking]");
    struct address address = address_parse(argv[1], argv[2]);
    const struct facility *facility = facility_find(argv[3]);
    bool nonblocking = argc > 5 && strcmp(argv[5], "nonblocking") == 0;
    if (facility == NULL)
        errx(2, "no such facility: %s", argv[3]);

    int fd = tcp_socket(&address, nonblocking);
    facility->begin(fd);
    int result = connect(fd, address_get(&address), address.length);
    /* A non-blocking connect may be through at once or not: programs must take either. */
    if (result != 0 && !(nonblocking && errno == EINPROGRESS)) {
        say("connect", result);
        return 1;
    }
    if (strcmp(argv[4], "server-first") == 0) {
        wait_said(facility, fd, POLLIN);
        read_said(fd, strlen("220 ready\n"));
    } else if (strcmp(argv[4], "peek-first") == 0) {
        char byte;
        say("peek", recv(fd, &byte, 1, MSG_PEEK));
        read_said(fd, strlen("220 ready\n"));
    } else if (strcmp(argv[4], "read-first") == 0) {
        read_said(fd, strlen("220 ready\n"));
    }
    converse(facility, fd);
    say("close", close(fd));
    return 0;
}
