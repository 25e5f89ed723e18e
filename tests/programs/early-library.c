/* SPDX-License-Identifier: MIT */
/* A library that talks to a server as it is loaded, before any preloaded one has started up. */
#include "early-library.h"
#include "common.h"

#include <sys/socket.h>
#include <unistd.h>

void early_converse(const char *host, const char *port)
{
    struct address peer = address_parse(host, port);
    int fd = tcp_socket(&peer, false);
    if (connect_said(fd, &peer, false)) {
        write_said(fd, (const unsigned char *)"hello", 5);
        say("shutdown", shutdown(fd, SHUT_WR));
        read_to_end_said(fd);
    }
    say("close", close(fd));
}

__attribute__((constructor)) static void start(int argc, char **argv)
{
    program_start();
    if (argc == 3)
        early_converse(argv[1], argv[2]);
}
