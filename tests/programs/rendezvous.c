/* SPDX-License-Identifier: MIT */
/*
 * rendezvous ADDRESS|inherited WAY...: one thread connects and writes nothing, but waits, in one
 * way or another, for the thread that accepts: which waits for the connection. Each way in a
 * process of its own. With the name of a family alone, prints its ways.
 *
 *   ADDRESS     the listener is made there
 *   inherited   it is descriptor 3, and may be on another machine than the connecting socket
 */
#include "rendezvous.h"
#include "answers.h"
#include "common.h"

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <semaphore.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define PATIENCE 8 /* seconds for a way */

int ends[2];
FILE *stream, *wide;
pthread_t connector, acceptor;
atomic_bool accepted;
char answer_buffer[4096];

static int listener, connection;
static sem_t taken;

static const struct {
    const char *name;
    const struct way *ways;
} families[] = {
    {"thread", thread_ways},   {"sleep", sleep_ways},   {"lock", lock_ways},
    {"signal", signal_ways},   {"ipc", ipc_ways},       {"process", process_ways},
    {"stream", stream_ways},   {"wide", wide_ways},     {"poll", poll_ways},
    {"read", read_ways},       {"write", write_ways},   {"user", user_ways},
    {"service", service_ways}, {"remote", remote_ways},
};
#define FAMILIES (sizeof families / sizeof *families)

void must(int succeeded, const char *what)
{
    if (!succeeded)
        err(2, "%s", what);
}

void release_pipe(void)
{
    must(write(ends[1], "7777777\n", 8) == 8, "write");
}

struct timespec after_half_a_minute(clockid_t clock)
{
    struct timespec limit;
    clock_gettime(clock, &limit);
    limit.tv_sec += 30;
    return limit;
}

void open_twice(int files[2])
{
    char path[64];
    files[0] = memfd_create("held", MFD_CLOEXEC);
    snprintf(path, sizeof path, "/proc/self/fd/%d", files[0]);
    files[1] = open(path, O_RDWR | O_CLOEXEC);
    must(files[0] >= 0 && files[1] >= 0, "opening a file twice");
}

static FILE *unbuffered(int fd)
{
    FILE *made = fdopen(fd, "r");
    must(made != NULL && setvbuf(made, NULL, _IONBF, 0) == 0, "fdopen");
    return made;
}

static void set_up(void)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGNAL);
    sigprocmask(SIG_BLOCK, &set, NULL);
    connector = pthread_self();
    must(sem_init(&taken, 0, 0) == 0 && pipe(ends) == 0 && dup2(ends[0], 0) == 0, "setting up");
    stream = unbuffered(dup(ends[0]));
    wide = unbuffered(dup(ends[0]));
    setvbuf(stdin, NULL, _IONBF, 0);
}

static void *accept_and_answer(void *unused)
{
    (void)unused;
    connection = accept(listener, NULL, NULL);
    read_said(connection, 5);
    must(write(connection, "world", 5) == 5, "write");
    return NULL;
}

/* As most connections are: who waits in all of them may be treated in a way of its own. */
static void converse(const struct address *self)
{
    pthread_create(&acceptor, NULL, accept_and_answer, NULL);
    int fd = tcp_socket(self, false);
    connect_said(fd, self, false);
    must(write(fd, "hello", 5) == 5, "write");
    read_said(fd, 5);
    pthread_join(acceptor, NULL);
    close(fd);
    close(connection);
}

static void *accept_one(void *argument)
{
    const struct way *way = argument;
    if (way->take != NULL)
        way->take();
    sem_post(&taken);
    connection = accept(listener, NULL, NULL);
    accepted = true;
    if (way->release != NULL)
        way->release();
    return NULL;
}

static void meet(const struct address *self, const struct way *way)
{
    pthread_create(&acceptor, NULL, accept_one, (void *)way);
    sem_wait(&taken);
    int fd = tcp_socket(self, false);
    connect_said(fd, self, false);
    errno = 0;
    say(way->name, way->wait());
    if (way->wait != thread_ways[0].wait)
        pthread_join(acceptor, NULL);
    printf("%s: met\n", way->name);
    must(write(fd, "hello", 5) == 5, "write");
    say("close", close(fd));
    read_to_end_said(connection);
}

/* A way that is not met ends by SIGALRM, and the next one has its turn. */
static void in_child(const struct address *self, const struct way *way)
{
    int status = -1;
    pid_t child = fork();
    if (child == 0) {
        alarm(PATIENCE);
        set_up();
        converse(self);
        meet(self, way);
        exit(0); /* what counts calls from outside does so for this process, too */
    }
    must(waitpid(child, &status, 0) == child, "waitpid");
    if (status != 0)
        printf("%s: NOT MET, status %d\n", way->name, status);
}

static void print_family(const char *name)
{
    for (size_t i = 0; i < FAMILIES; i++) {
        const struct way *way = families[i].ways;
        for (; strcmp(families[i].name, name) == 0 && way->name != NULL; way++)
            if (way->missing == NULL || !way->missing())
                puts(way->name);
    }
}

static const struct way *find(const char *name)
{
    for (size_t i = 0; i < FAMILIES; i++) {
        for (const struct way *way = families[i].ways; way->name != NULL; way++)
            if (strcmp(way->name, name) == 0)
                return way;
    }
    errx(2, "no such way: %s", name);
}

static void listen_at(const char *where, struct address *self)
{
    if (strcmp(where, "inherited") == 0) {
        listener = 3;
        self->length = sizeof self->storage;
    } else {
        *self = address_parse(where, "0");
        listener = tcp_socket(self, false);
        must(bind(listener, address_get(self), self->length) == 0 && listen(listener, 5) == 0,
             "listening");
    }
    must(getsockname(listener, (struct sockaddr *)&self->storage, &self->length) == 0,
         "getsockname");
}

int main(int argc, char **argv)
{
    struct address self;
    program_start();
    alarm(0); /* each way has its own */
    if (argc < 2)
        errx(2, "usage: rendezvous ADDRESS|inherited WAY... | FAMILY");
    if (argc == 2) {
        print_family(argv[1]);
        return 0;
    }
    listen_at(argv[1], &self);
    for (int i = 2; i < argc; i++)
        in_child(&self, find(argv[i]));
    return 0;
}
