/* SPDX-License-Identifier: MIT */
/*
 * rendezvous ADDRESS HOW: one thread connects and writes nothing, but waits, in one way or another,
 * for the thread that accepts: which waits for the connection. Several times over.
 */
#include "common.h"

#include <err.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define ROUNDS 3
#define SIGNAL SIGUSR1

static int listener, ends[2];
static sem_t semaphore;
static atomic_int accepted;
static pthread_t connector, acceptor;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t condition = PTHREAD_COND_INITIALIZER;
static pthread_barrier_t barrier;

static const struct timespec soon = {.tv_nsec = 1000000};

/* Tells in every way at once; who waits listens to one of them. */
static void announce(void)
{
    sem_post(&semaphore);
    pthread_mutex_lock(&lock);
    accepted = 1;
    pthread_cond_broadcast(&condition);
    pthread_mutex_unlock(&lock);
    if (write(ends[1], "x", 1) != 1) {
        err(2, "write");
    }
    pthread_kill(connector, SIGNAL);
}

static void *accept_one(void *by_barrier)
{
    int connection = accept(listener, NULL, NULL);
    announce();
    if (by_barrier != NULL) {
        pthread_barrier_wait(&barrier);
    }
    close(connection);
    return NULL;
}

static void wait_semaphore(void)
{
    sem_wait(&semaphore);
}

static struct timespec in_half_a_minute(void)
{
    struct timespec limit;
    clock_gettime(CLOCK_REALTIME, &limit);
    limit.tv_sec += 30;
    return limit;
}

static void wait_semaphore_timed(void)
{
    struct timespec limit = in_half_a_minute();
    sem_timedwait(&semaphore, &limit);
}

static void wait_condition(void)
{
    pthread_mutex_lock(&lock);
    while (!accepted) {
        pthread_cond_wait(&condition, &lock);
    }
    pthread_mutex_unlock(&lock);
}

static void wait_condition_timed(void)
{
    struct timespec limit = in_half_a_minute();
    pthread_mutex_lock(&lock);
    while (!accepted) {
        pthread_cond_timedwait(&condition, &lock, &limit);
    }
    pthread_mutex_unlock(&lock);
}

static void wait_join(void)
{
    pthread_join(acceptor, NULL);
}

static void wait_barrier(void)
{
    pthread_barrier_wait(&barrier);
}

static void wait_nanosleep(void)
{
    while (!accepted) {
        nanosleep(&soon, NULL);
    }
}

static void wait_clock_nanosleep(void)
{
    while (!accepted) {
        clock_nanosleep(CLOCK_MONOTONIC, 0, &soon, NULL);
    }
}

static void wait_usleep(void)
{
    while (!accepted) {
        usleep(1000);
    }
}

static void wait_pipe(void)
{
    char byte;
    if (read(ends[0], &byte, 1) != 1) {
        err(2, "read");
    }
    accepted = 2; /* and nothing is left to read */
}

static void wait_sigwait(void)
{
    sigset_t set;
    int number;
    sigemptyset(&set);
    sigaddset(&set, SIGNAL);
    sigwait(&set, &number);
}

static void wait_sigwaitinfo(void)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGNAL);
    sigwaitinfo(&set, NULL);
}

static void wait_sigsuspend(void)
{
    sigset_t none;
    sigemptyset(&none);
    sigsuspend(&none);
}

/* The process that ends when somebody has connected; it has no threads. */
static void wait_child(pid_t child)
{
    int status = -1;
    waitpid(child, &status, 0);
    printf("child: %d\n", status);
}

static void ignore(int number)
{
    (void)number;
}

/* What one round leaves behind would end the wait of the next before its time. */
static void clean_up(void)
{
    char byte;
    struct timespec none = {0};
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGNAL);
    while (sigtimedwait(&set, NULL, &none) == SIGNAL) {}
    while (sem_trywait(&semaphore) == 0) {}
    if (accepted == 1 && read(ends[0], &byte, 1) != 1) {
        err(2, "read");
    }
    accepted = 0;
}

static void one_round(const struct address *self, const char *how, void (*wait)(void))
{
    pid_t child = 0;
    if (wait == NULL && (child = fork()) == 0) {
        _exit(accept(listener, NULL, NULL) < 0);
    } else if (wait != NULL) {
        void *by_barrier = wait == wait_barrier ? &barrier : NULL;
        pthread_create(&acceptor, NULL, accept_one, by_barrier);
    }
    int fd = tcp_socket(self, false);
    connect_said(fd, self, false);
    if (wait == NULL) {
        wait_child(child);
    } else {
        wait();
        if (wait != wait_join) {
            pthread_join(acceptor, NULL);
        }
    }
    printf("%s: met\n", how);
    say("close", close(fd));
    clean_up();
}

static void set_up(struct address *self)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGNAL);
    sigprocmask(SIG_BLOCK, &set, NULL);
    signal(SIGNAL, ignore);
    connector = pthread_self();
    pthread_barrier_init(&barrier, NULL, 2);
    listener = tcp_socket(self, false);
    if (sem_init(&semaphore, 0, 0) != 0 || pipe(ends) != 0 ||
        bind(listener, address_get(self), self->length) != 0 || listen(listener, 5) != 0) {
        err(2, "setting up");
    }
    getsockname(listener, (struct sockaddr *)&self->storage, &self->length);
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        void (*wait)(void);
    } ways[] = {
        {"sem_wait", wait_semaphore},
        {"sem_timedwait", wait_semaphore_timed},
        {"pthread_cond_wait", wait_condition},
        {"pthread_cond_timedwait", wait_condition_timed},
        {"pthread_join", wait_join},
        {"pthread_barrier_wait", wait_barrier},
        {"nanosleep", wait_nanosleep},
        {"clock_nanosleep", wait_clock_nanosleep},
        {"usleep", wait_usleep},
        {"read", wait_pipe},
        {"sigwait", wait_sigwait},
        {"sigwaitinfo", wait_sigwaitinfo},
        {"sigsuspend", wait_sigsuspend},
        {"waitpid", NULL},
    };
    program_start();
    if (argc != 3) {
        errx(2, "usage: rendezvous ADDRESS HOW");
    }
    struct address self = address_parse(argv[1], "0");
    set_up(&self);
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        for (int round = 0; strcmp(argv[2], ways[i].name) == 0 && round < ROUNDS; round++) {
            one_round(&self, ways[i].name, ways[i].wait);
        }
    }
    return 0;
}
