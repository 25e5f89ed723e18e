/* SPDX-License-Identifier: MIT */
/*
 * submit ADDRESS PORT name|number: connects in one thread, and has the kernel write by io_submit()
 * in another: by libaio, or by its number. Neither thread waits meanwhile.
 */
#include "common.h"

#include <err.h>
#include <libaio.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static struct address address;
static atomic_int connection = -1;
static atomic_bool over;

static void *connect_and_spin(void *unused)
{
    int fd = tcp_socket(&address, false);
    connect_said(fd, &address, false);
    atomic_store(&connection, fd);
    while (!atomic_load(&over)) {}
    return unused;
}

static long submit(io_context_t context, struct iocb *request, const char *way)
{
    struct iocb *list[] = {request};
    return strcmp(way, "name") == 0 ? io_submit(context, 1, list)
                                    : syscall(SYS_io_submit, context, 1L, list);
}

int main(int argc, char **argv)
{
    static char text[] = "not safe";
    io_context_t context = NULL;
    struct iocb request;
    struct io_event event;
    pthread_t thread;
    int fd;
    if (argc != 4)
        errx(2, "usage: submit ADDRESS PORT name|number");
    program_start();
    address = address_parse(argv[1], argv[2]);
    if (io_setup(1, &context) != 0 || pthread_create(&thread, NULL, connect_and_spin, NULL) != 0)
        errx(2, "io_setup, or pthread_create");
    while ((fd = atomic_load(&connection)) < 0) {}
    io_prep_pwrite(&request, fd, text, sizeof text - 1, 0);
    say("io_submit", submit(context, &request, argv[3]));
    atomic_store(&over, true);
    say("io_getevents", io_getevents(context, 1, 1, &event, NULL));
    say("written", (long)event.res);
    pthread_join(thread, NULL);
    say("shutdown", shutdown(fd, SHUT_WR));
    read_to_end_said(fd);
    say("close", close(fd));
    return 0;
}
