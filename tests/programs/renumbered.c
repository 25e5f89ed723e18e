/* SPDX-License-Identifier: MIT */
/*
 * renumbered ADDRESS PORT KIND [written]: a connection that is closed where no preloaded library
 * sees it, and whose number another descriptor is given there too; then a write to it, and a read,
 * as ever. What is written comes out at that one's other end. KIND: datagram, pair, pipe.
 * `written`: the connection has had its own first write before.
 */
#include "common.h"

#include <dlfcn.h>
#include <err.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static const unsigned char hello[] = "hello";

/* The C library's own functions, whatever comes before it. */
static struct {
    int (*close)(int);
    int (*socket)(int, int, int);
    int (*connect)(int, const struct sockaddr *, socklen_t);
    int (*dup2)(int, int);
    ssize_t (*write)(int, const void *, size_t);
} own;

static void find_own(void)
{
    void *library = dlopen("libc.so.6", RTLD_LAZY);
    if (!library)
        errx(2, "%s", dlerror());
    *(void **)&own.close = dlsym(library, "close");
    *(void **)&own.socket = dlsym(library, "socket");
    *(void **)&own.connect = dlsym(library, "connect");
    *(void **)&own.dup2 = dlsym(library, "dup2");
    *(void **)&own.write = dlsym(library, "write");
}

/* Two ends: what is written to the second can be read from the first. Both have the connection's
 * address, from which the way to its peer begins. */
static void open_datagram(int fd, int ends[2])
{
    struct sockaddr_in here;
    socklen_t length = sizeof here;
    ends[0] = own.socket(AF_INET, SOCK_DGRAM, 0);
    ends[1] = own.socket(AF_INET, SOCK_DGRAM, 0);
    if (getsockname(fd, (struct sockaddr *)&here, &length) != 0 ||
        bind(ends[0], (struct sockaddr *)&here, length) != 0 ||
        own.connect(ends[1], (struct sockaddr *)&here, length) != 0)
        err(2, "datagrams");
}

static void open_ends(const char *kind, int fd, int ends[2])
{
    if (strcmp(kind, "datagram") == 0)
        open_datagram(fd, ends);
    else if ((strcmp(kind, "pair") == 0 ? socketpair(AF_UNIX, SOCK_STREAM, 0, ends) : pipe(ends)) !=
             0)
        err(2, "%s", kind);
}

/* In one step: the number is never free. */
static void take_number(int of, int end)
{
    if (own.dup2(end, of) != of || own.close(end) != 0)
        err(2, "dup2");
}

int main(int argc, char **argv)
{
    program_start();
    if (argc != 4 && argc != 5)
        errx(2, "usage: renumbered ADDRESS PORT datagram|pair|pipe [written]");
    struct address peer = address_parse(argv[1], argv[2]);
    int ends[2], fd = tcp_socket(&peer, false);
    find_own();
    if (!connect_said(fd, &peer, false))
        return 1;
    if (argc == 5)
        write_said(fd, hello, sizeof hello);
    open_ends(argv[3], fd, ends);
    if (argc == 4) {
        take_number(fd, ends[1]);
        write_said(fd, hello, sizeof hello);
        read_said(ends[0], sizeof hello);
    } else {
        take_number(fd, ends[0]);
        say("write", own.write(ends[1], hello, sizeof hello));
        read_said(fd, sizeof hello);
    }
    say("close", close(fd));
    return 0;
}
