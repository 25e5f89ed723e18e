/* SPDX-License-Identifier: MIT */
/*
 * client ADDRESS PORT [OPTION]...: connects, writes, ends.
 *
 *   --call CALL     write writev send sendto sendto-address sendmsg sendmmsg; none: does not write
 *   --bytes N       how many (79)
 *   --nonblocking   connect, poll, SO_ERROR, and writing as far as it goes
 *   --then END      close          close() at once
 *                   shutdown       half-close, read to the end, close
 *                   shutdown-close half-close, and close without reading
 *                   read           read as many bytes as were written, close
 *                   linger         close() that waits, for 5 seconds at most (SO_LINGER)
 *                   exit _exit     leave the socket to the end of the process
 *   --send-timeout MS   SO_SNDTIMEO, which bounds connect() as well
 *   --pause FILE    between connect and the first write, wait until FILE is there
 *   --hold MS       between the last write and the end, do nothing
 */
#include "common.h"
#include "writers.h"

#include <err.h>
#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

struct options {
    const char *call;
    const char *then;
    const char *pause;
    size_t bytes;
    long send_timeout_ms;
    unsigned hold_ms;
    bool nonblocking;
};

static struct options parse(int argc, char **argv)
{
    static const struct option known[] = {
        {"call", required_argument, NULL, 'c'},         {"bytes", required_argument, NULL, 'b'},
        {"then", required_argument, NULL, 't'},         {"pause", required_argument, NULL, 'p'},
        {"hold", required_argument, NULL, 'h'},         {"nonblocking", no_argument, NULL, 'n'},
        {"send-timeout", required_argument, NULL, 's'}, {0}};
    struct options options = {.call = "send", .then = "shutdown", .bytes = 79};
    int option;
    while ((option = getopt_long(argc, argv, "", known, NULL)) != -1) {
        switch (option) {
        case 'c':
            options.call = optarg;
            break;
        case 'b':
            options.bytes = strtoul(optarg, NULL, 10);
            break;
        case 't':
            options.then = optarg;
            break;
        case 'p':
            options.pause = optarg;
            break;
        case 'h':
            options.hold_ms = (unsigned)strtoul(optarg, NULL, 10);
            break;
        case 's':
            options.send_timeout_ms = strtol(optarg, NULL, 10);
            break;
        case 'n':
            options.nonblocking = true;
            break;
        default:
            exit(2);
        }
    }
    return options;
}

static bool write_all(int fd, const struct address *address, const struct options *options)
{
    writer *call = writer_find(options->call);
    unsigned char *bytes = malloc(options->bytes + 1);
    if (call == NULL || bytes == NULL)
        errx(2, "cannot write with %s", options->call);
    pattern_fill(bytes, options->bytes, 0);
    size_t done = 0;
    do {
        ssize_t wrote = call(fd, address, bytes + done, options->bytes - done);
        if (wrote >= 0) {
            done += (size_t)wrote;
        } else if (errno == EAGAIN && options->nonblocking) {
            poll(&(struct pollfd){.fd = fd, .events = POLLOUT}, 1, -1);
        } else {
            printf("%s: %s after %zu\n", options->call, error_name(errno), done);
            return false;
        }
    } while (done < options->bytes);
    printf("sent: bytes=%zu checksum=%016jx\n", done,
           (uintmax_t)checksum(CHECKSUM_START, bytes, done));
    free(bytes);
    return true;
}

static void end(int fd, const struct options *options)
{
    if (strcmp(options->then, "exit") == 0) {
        exit(0);
    } else if (strcmp(options->then, "_exit") == 0) {
        _exit(0);
    } else if (strcmp(options->then, "read") == 0) {
        read_said(fd, options->bytes);
    } else if (strcmp(options->then, "shutdown-close") == 0) {
        say("shutdown", shutdown(fd, SHUT_WR));
    } else if (strcmp(options->then, "shutdown") == 0) {
        say("shutdown", shutdown(fd, SHUT_WR));
        read_to_end_said(fd);
    } else if (strcmp(options->then, "linger") == 0) {
        struct linger linger = {1, 5};
        say("SO_LINGER", setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof linger));
    }
    say("close", close(fd));
}

int main(int argc, char **argv)
{
    program_start();
    struct options options = parse(argc, argv);
    if (argc - optind != 2)
        errx(2, "usage: client ADDRESS PORT [OPTION]...");
    struct address address = address_parse(argv[optind], argv[optind + 1]);
    int fd = tcp_socket(&address, options.nonblocking);
    struct timeval limit = {options.send_timeout_ms / 1000, options.send_timeout_ms % 1000 * 1000};
    if (setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit) != 0)
        err(2, "SO_SNDTIMEO");
    if (!connect_said(fd, &address, options.nonblocking)) {
        say("close", close(fd));
        return 1;
    }
    while (options.pause != NULL && access(options.pause, F_OK) != 0) {
        /* Spinning, so that no wait that might begin the handshake comes in between. */
    }
    if (strcmp(options.call, "none") != 0 && !write_all(fd, &address, &options)) {
        say("close", close(fd));
        return 1;
    }
    usleep(options.hold_ms * 1000);
    end(fd, &options);
    return 0;
}
