/* SPDX-License-Identifier: MIT */
/*
 * hand-down bind|listen ADDRESS PORT COMMAND...: binds a socket, or also listens on it, and runs
 * the command with it as descriptor 3, as programs that separate privileges and service managers
 * do.
 */
#include "common.h"

#include <err.h>
#include <string.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    if (argc < 5)
        errx(2, "usage: hand-down bind|listen ADDRESS PORT COMMAND...");
    struct address address = address_parse(argv[2], argv[3]);
    int fd = tcp_socket(&address, false);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &(int){1}, sizeof(int));
    if (bind(fd, address_get(&address), address.length) != 0)
        err(2, "bind");
    if (strcmp(argv[1], "listen") == 0 && listen(fd, 16) != 0)
        err(2, "listen");
    if (fd != 3 && (dup2(fd, 3) != 3 || close(fd) != 0))
        err(2, "dup2");
    execvp(argv[4], argv + 4);
    err(2, "%s", argv[4]);
}
