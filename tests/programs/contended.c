/* SPDX-License-Identifier: MIT */
/*
 * contended ADDRESS PORT mutex|futex: connects, locks what another thread is about to unlock, and
 * writes. Many times over, for both to meet. For a server in mode echo.
 */
#include "common.h"

#include <err.h>
#include <linux/futex.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define ROUNDS 20
#define HELD_NS 20000

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static atomic_uint word;

struct lock {
    const char *name;
    int (*take)(void);
    int (*release)(void);
};

static const struct lock *lock;
enum { FREE, HELD, WANTED };
static atomic_int stage;

static int64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static int take_mutex(void)
{
    return pthread_mutex_lock(&mutex);
}

static int release_mutex(void)
{
    return pthread_mutex_unlock(&mutex);
}

/* A lock of one's own: 0 is free, 2 is waited for. */
static int take_futex(void)
{
    while (atomic_exchange(&word, 2) != 0)
        syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, 2, NULL, NULL, 0);
    return 0;
}

static int release_futex(void)
{
    atomic_store(&word, 0);
    syscall(SYS_futex, &word, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
    return 0;
}

static const struct lock *lock_named(const char *name)
{
    static const struct lock locks[] = {
        {"mutex", take_mutex, release_mutex},
        {"futex", take_futex, release_futex},
    };
    for (size_t i = 0; i < sizeof locks / sizeof locks[0]; i++)
        if (strcmp(locks[i].name, name) == 0)
            return &locks[i];
    errx(2, "no lock is named %s", name);
}

static void until(int wanted)
{
    while (atomic_load(&stage) != wanted)
        continue;
}

static void *hold(void *unused)
{
    for (int round = 0; round < ROUNDS; round++) {
        lock->take();
        atomic_store(&stage, HELD);
        until(WANTED);
        for (int64_t end = now_ns() + HELD_NS; now_ns() < end;)
            continue;
        lock->release();
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
    say("lock", lock->take());
    say("unlock", lock->release());
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
    if (argc != 4)
        errx(2, "usage: contended ADDRESS PORT mutex|futex");
    lock = lock_named(argv[3]);
    struct address peer = address_parse(argv[1], argv[2]);
    if (pthread_create(&holder, NULL, hold, NULL) != 0)
        errx(2, "pthread_create");
    for (int round = 0; round < ROUNDS; round++)
        one_round(&peer);
    say("join", pthread_join(holder, NULL));
    return 0;
}
