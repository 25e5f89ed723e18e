/* SPDX-License-Identifier: MIT */
/*
 * contended ADDRESS PORT: connects, locks what another thread is about to unlock, and writes. Many
 * times over, for both to meet. For a server in mode echo.
 */
#include "common.h"

#include <err.h>
#include <pthread.h>
#include <stdatomic.h>
#include <time.h>
#include <unistd.h>

#define ROUNDS 20
#define HELD_NS 20000

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
enum { FREE, HELD, WANTED };
static atomic_int stage;

static int64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static void until(int wanted)
{
    while (atomic_load(&stage) != wanted)
        continue;
}

static void *hold(void *unused)
{
    for (int round = 0; round < ROUNDS; round++) {
        pthread_mutex_lock(&mutex);
        atomic_store(&stage, HELD);
        until(WANTED);
        for (int64_t end = now_ns() + HELD_NS; now_ns() < end;)
            continue;
        pthread_mutex_unlock(&mutex);
        until(FREE);
    }
    return unused;
}

static void one_round(const struct address *peer)
{
    int fd = tcp_socket(peer, false);
    until(HELD);
    connect_said(fd, peer, false);
    atomic_store(&stage, WANTED);
    say("lock", pthread_mutex_lock(&mutex));
    say("unlock", pthread_mutex_unlock(&mutex));
    atomic_store(&stage, FREE);
    write_said(fd, (const unsigned char *)"hello", 5);
    say("shutdown", shutdown(fd, SHUT_WR));
    read_to_end_said(fd);
    say("close", close(fd));
}

int main(int argc, char **argv)
{
    pthread_t holder;
    program_start();
    if (argc != 3)
        errx(2, "usage: contended ADDRESS PORT");
    struct address peer = address_parse(argv[1], argv[2]);
    if (pthread_create(&holder, NULL, hold, NULL) != 0)
        errx(2, "pthread_create");
    for (int round = 0; round < ROUNDS; round++)
        one_round(&peer);
    say("join", pthread_join(holder, NULL));
    return 0;
}
