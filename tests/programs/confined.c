/* SPDX-License-Identifier: MIT */
/*
 * confined ADDRESS PORT blocking|told|untold ERRNO CALL: connects, goes into a sandbox (filters.h)
 * and writes what is not safe to repeat. `told` has been told by poll() that it may, `untold` has
 * only heard that its connect is in progress.
 */
#include "common.h"
#include "filters.h"

#include <err.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    if (argc != 6)
        errx(2, "usage: confined ADDRESS PORT blocking|told|untold ERRNO CALL");
    program_start();
    struct address address = address_parse(argv[1], argv[2]);
    bool untold = strcmp(argv[3], "untold") == 0, blocking = strcmp(argv[3], "blocking") == 0;
    int fd = tcp_socket(&address, !blocking);
    if (untold)
        say("connect", connect(fd, address_get(&address), address.length));
    else
        connect_said(fd, &address, !blocking);
    filter_forbid(argv[5], argv[4]);
    write_said(fd, (const unsigned char *)"not safe", 8);
    say("shutdown", shutdown(fd, SHUT_WR));
    read_to_end_said(fd);
    say("close", close(fd));
    return 0;
}
