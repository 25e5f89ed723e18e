/* SPDX-License-Identifier: MIT */
/*
 * streams ADDRESS PORT WAY: writes on a connection by a stream, whose writes are made inside the C
 * library, that was there before the connection.
 *
 *   fdopen               opened on the socket before connect()
 *   _IO_fdopen           the same, and closed, by the other names
 *   unbuffered           the same, each write at once
 *   exit                 the same, and written when the process ends
 *   0 1 2                descriptors that the C library has streams of from the start
 *   dup-before           the socket is copied to descriptor 1 before connect()
 *   dup-after            and after it
 *   perror               the C library's own lines, on descriptor 2
 */
#include "common.h"
#include "named.h"

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

NAMED_WEAK(FILE *, _IO_fdopen, int, const char *);
NAMED_WEAK(int, _IO_fclose, FILE *);

#define UNSAFE "POST / HTTP/1.0\r\n\r\n"

/* The socket, with that number. */
static int socket_at(const struct address *address, int number)
{
    close(number);
    int fd = tcp_socket(address, false);
    if (fd != number)
        errx(2, "the socket has number %d", fd);
    return fd;
}

static void end(int fd)
{
    char answer[100];
    shutdown(fd, SHUT_WR);
    while (read(fd, answer, sizeof answer) > 0) {}
}

static void by_opened(const struct address *address, const char *way)
{
    int fd = tcp_socket(address, false);
    bool other = strcmp(way, "_IO_fdopen") == 0;
    FILE *stream = other ? named__IO_fdopen(fd, "w") : fdopen(fd, "w");
    if (strcmp(way, "unbuffered") == 0)
        setvbuf(stream, NULL, _IONBF, 0);
    connect_said(fd, address, false);
    say("fputs", fputs(UNSAFE, stream) >= 0 ? 0 : -1);
    if (strcmp(way, "exit") == 0)
        exit(0);
    say("fflush", fflush(stream));
    end(fd);
    say("fclose", other ? named__IO_fclose(stream) : fclose(stream));
}

/* Of the standard input a stream that is written to as well. */
static FILE *standard_stream(int number)
{
    if (number != 0)
        return number == 1 ? stdout : stderr;
    close(0);
    return open("/dev/null", O_RDWR) == 0 ? fdopen(0, "r+") : NULL;
}

static void by_standard(const struct address *address, int number, bool perrors)
{
    FILE *stream = standard_stream(number);
    int fd = socket_at(address, number);
    int result = connect(fd, address_get(address), address->length);
    if (result == 0 && perrors) {
        errno = EPIPE;
        perror("not safe");
    } else if (result == 0) {
        fputs(UNSAFE, stream);
        fflush(stream);
    }
    end(fd);
    exit(result != 0);
}

static void by_copy(const struct address *address, bool before)
{
    int fd = tcp_socket(address, false);
    if (before)
        dup2(fd, 1);
    int result = connect(fd, address_get(address), address->length);
    if (!before)
        dup2(fd, 1);
    fputs(UNSAFE, stdout);
    fflush(stdout);
    end(fd);
    exit(result != 0);
}

int main(int argc, char **argv)
{
    if (argc != 4)
        errx(2, "usage: streams ADDRESS PORT WAY");
    program_start();
    struct address address = address_parse(argv[1], argv[2]);
    const char *way = argv[3];
    if (way[0] >= '0' && way[0] <= '2')
        by_standard(&address, way[0] - '0', false);
    else if (strcmp(way, "perror") == 0)
        by_standard(&address, 2, true);
    else if (strncmp(way, "dup-", 4) == 0)
        by_copy(&address, strcmp(way, "dup-before") == 0);
    else
        by_opened(&address, way);
    return 0;
}
