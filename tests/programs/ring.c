/* SPDX-License-Identifier: MIT */
/*
 * ring ADDRESS PORT client|patient|serve HOW WHEN: writes and reads, or accepts and reads, by a
 * ring (io_uring).
 *
 *   HOW    library params setup: liburing's functions; number: the system call by its number
 *   WHEN   before: the ring is set up before connect() or listen(); after: just after it;
 *          bound: between bind() and listen(); parent: in the parent, whose ring a child has
 *
 * client's connect blocks, patient waits by poll(). serve prints a line for each request.
 */
#include "common.h"

#include <err.h>
#include <errno.h>
#include <liburing.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define ENTRIES 8
#define REQUEST "POST /order HTTP/1.0\r\nContent-Length: 1\r\n\r\nx"

static struct io_uring ring;

static int set_up_by(const char *how)
{
    struct io_uring_params parameters = {0};
    if (strcmp(how, "library") == 0)
        return io_uring_queue_init(ENTRIES, &ring, 0);
    if (strcmp(how, "params") == 0)
        return io_uring_queue_init_params(ENTRIES, &ring, &parameters);
    int fd = strcmp(how, "number") == 0 ? (int)syscall(SYS_io_uring_setup, ENTRIES, &parameters)
                                        : io_uring_setup(ENTRIES, &parameters);
    if (fd < 0)
        return strcmp(how, "number") == 0 ? -errno : fd;
    int error = io_uring_queue_mmap(fd, &parameters, &ring);
    for (unsigned i = 0; !error && i < parameters.sq_entries; i++) /* else the library does */
        ring.sq.array[i] = i;
    return error;
}

/* Where there is none, the program does without. */
static bool set_up(const char *how)
{
    int error = -set_up_by(how);
    printf("ring: %s\n", error ? error_name(error) : "there");
    return !error;
}

static long submit(void)
{
    struct io_uring_cqe *answer;
    io_uring_submit(&ring);
    int error = io_uring_wait_cqe(&ring, &answer);
    if (error)
        errx(2, "ring: %s", error_name(-error));
    long result = answer->res;
    io_uring_cqe_seen(&ring, answer);
    return result;
}

static long ring_send(int fd, const char *bytes)
{
    io_uring_prep_send(io_uring_get_sqe(&ring), fd, bytes, strlen(bytes), 0);
    return submit();
}

static long ring_read(int fd, char *bytes, size_t room)
{
    io_uring_prep_recv(io_uring_get_sqe(&ring), fd, bytes, room, 0);
    return submit();
}

static long ring_accept(int fd)
{
    io_uring_prep_accept(io_uring_get_sqe(&ring), fd, NULL, NULL, 0);
    return submit();
}

static void client(const struct address *address, bool patient, const char *how, const char *when)
{
    bool rings = strcmp(when, "parent") == 0 || (strcmp(when, "after") != 0 && set_up(how));
    int fd = tcp_socket(address, patient);
    connect_said(fd, address, patient);
    if (strcmp(when, "after") == 0)
        rings = set_up(how);
    if (rings)
        printf("written: %ld\n", ring_send(fd, REQUEST));
    else
        printf("written: %zd\n", write(fd, REQUEST, strlen(REQUEST)));
    say("shutdown", shutdown(fd, SHUT_WR));
    read_to_end_said(fd);
    say("close", close(fd));
}

static int listener(const struct address *address, const char *how, const char *when)
{
    int fd = tcp_socket(address, false), on = 1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (strcmp(when, "before") == 0)
        set_up(how);
    say("bind", bind(fd, address_get(address), address->length));
    if (strcmp(when, "bound") == 0)
        set_up(how);
    say("listen", listen(fd, 128));
    if (strcmp(when, "after") == 0)
        set_up(how);
    return fd;
}

/* Each request is an order, once. */
static void serve(const struct address *address, const char *how, const char *when)
{
    static const char answer[] = "HTTP/1.0 200 OK\r\nContent-Length: 3\r\n\r\nok\n";
    int fd = listener(address, how, when);
    for (;;) {
        char request[4096];
        int connection = (int)ring_accept(fd);
        long read = ring_read(connection, request, sizeof request);
        if (read > 0) {
            printf("order %.5s\n", request);
            ring_send(connection, answer);
        } else {
            printf("nothing: %s\n", read ? error_name((int)-read) : "0");
        }
        close(connection);
    }
}

/* Returns in a child. */
static void go_on_in_child(void)
{
    int status = -1;
    pid_t child = fork();
    if (child == 0)
        return;
    waitpid(child, &status, 0);
    exit(status != 0);
}

int main(int, char **); /* a plugin has it under another name */

int main(int argc, char **argv)
{
    if (argc != 6)
        errx(2, "usage: ring ADDRESS PORT client|patient|serve HOW WHEN");
    program_start();
    struct address address = address_parse(argv[1], argv[2]);
    const char *what = argv[3], *how = argv[4], *when = argv[5];
    if (strcmp(what, "serve") == 0) {
        alarm(0);
        serve(&address, how, when);
    }
    if (strcmp(when, "parent") == 0) {
        set_up(how);
        go_on_in_child();
    }
    client(&address, strcmp(what, "patient") == 0, how, when);
    return 0;
}
