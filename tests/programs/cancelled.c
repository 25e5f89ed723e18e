/* SPDX-License-Identifier: MIT */
/*
 * cancelled ADDRESS PORT WHERE: a thread that connects, and is cancelled in the call WHERE:
 * because that had been asked for before the call was made, or, with `blocked`, while it waits.
 * What it leaves behind its cleanup handler closes. For a server in mode sink.
 */
#include "common.h"

#include <err.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

static struct address peer;
static sem_t ready, requested;

static void by_connect(int fd)
{
    if (connect(fd, address_get(&peer), peer.length) == 0)
        puts("connected");
}

static void by_write(int fd)
{
    if (write(fd, "hello", 5) == 5)
        puts("wrote");
}

static void by_sendmsg(int fd)
{
    struct iovec part = {.iov_base = (char[]){"hello"}, .iov_len = 5};
    if (sendmsg(fd, &(struct msghdr){.msg_iov = &part, .msg_iovlen = 1}, 0) == 5)
        puts("wrote");
}

static void by_read(int fd)
{
    char byte;
    if (read(fd, &byte, 1) >= 0)
        puts("read");
}

static void by_poll(int fd)
{
    poll(&(struct pollfd){.fd = fd, .events = POLLIN}, 1, -1);
}

/* Nobody holds it: to ask for it is a cancellation point all the same. */
static void by_sem_wait(int fd)
{
    sem_t semaphore;
    (void)fd;
    sem_init(&semaphore, 0, 1);
    sem_wait(&semaphore);
}

static void by_close(int fd)
{
    close(fd);
}

static const struct way {
    const char *name;
    void (*call)(int fd);
    bool connected; /* before the request */
    bool blocked;   /* the request comes while it waits */
} ways[] = {
    {"connect", by_connect, false, false},  {"write", by_write, true, false},
    {"sendmsg", by_sendmsg, true, false},   {"read", by_read, true, false},
    {"poll", by_poll, true, false},         {"close", by_close, true, false},
    {"sem_wait", by_sem_wait, true, false}, {"blocked-read", by_read, true, true},
    {"blocked-poll", by_poll, true, true},
};

static void clean_up(void *fd)
{
    say("close", close(*(int *)fd));
}

/* Waiting for the request must not itself be where it is met. */
static void await_request(void)
{
    int state;
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &state);
    sem_post(&ready);
    while (sem_trywait(&requested) != 0) {}
    pthread_setcancelstate(state, NULL);
}

static void *victim(void *argument)
{
    const struct way *way = argument;
    int fd = tcp_socket(&peer, false);
    if (way->connected)
        connect_said(fd, &peer, false);
    pthread_cleanup_push(clean_up, &fd);
    if (way->blocked)
        sem_post(&ready);
    else
        await_request();
    way->call(fd);
    puts("not cancelled");
    pthread_cleanup_pop(0);
    return NULL;
}

static void cancel_in(const struct way *way)
{
    pthread_t thread;
    void *result = NULL;
    pthread_create(&thread, NULL, victim, (void *)way);
    sem_wait(&ready);
    if (way->blocked)
        usleep(100000); /* so that it has most likely come to wait; earlier is right as well */
    pthread_cancel(thread);
    sem_post(&requested);
    pthread_join(thread, &result);
    printf("%s: %s\n", way->name, result == PTHREAD_CANCELED ? "cancelled" : "through");
}

int main(int argc, char **argv)
{
    program_start();
    if (argc != 4)
        errx(2, "usage: cancelled ADDRESS PORT WHERE");
    peer = address_parse(argv[1], argv[2]);
    sem_init(&ready, 0, 0);
    sem_init(&requested, 0, 0);
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++)
        if (strcmp(argv[3], ways[i].name) == 0)
            cancel_in(&ways[i]);
    return 0;
}
