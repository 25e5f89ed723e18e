/* SPDX-License-Identifier: MIT */
/*
 * rendezvous ADDRESS HOW: one thread connects and writes nothing, but waits, in one way or another,
 * for the thread that accepts: which waits for the connection. Several times over.
 */
#include "common.h"

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <threads.h>
#include <time.h>
#include <unistd.h>
#include <wchar.h>

#define ROUNDS 3
#define SIGNAL SIGUSR1

static int listener, ends[2], pair[2];
static FILE *stream, *wide; /* unbuffered, over the reading end */
static sem_t semaphore;
static atomic_int accepted;
static pthread_t connector, acceptor;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t condition = PTHREAD_COND_INITIALIZER;
static pthread_barrier_t barrier;

/* What the acceptor holds until somebody has connected. */
static struct {
    sem_t taken;
    pthread_mutex_t mutex;
    pthread_rwlock_t rwlock;
    pthread_spinlock_t spin;
    mtx_t mtx;
    int file[2]; /* two descriptions of one file: who locks the first keeps the second waiting */
    int local;   /* a listener whose backlog is full */
} held = {.mutex = PTHREAD_MUTEX_INITIALIZER, .rwlock = PTHREAD_RWLOCK_INITIALIZER};

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

static void file_lock(int fd, int command, short type)
{
    struct flock range = {.l_type = type, .l_whence = SEEK_SET};
    if (fcntl(fd, command, &range) != 0) {
        err(2, "fcntl");
    }
}

static int connect_local(int flags)
{
    struct sockaddr_un address;
    socklen_t length = sizeof address;
    int fd = socket(AF_UNIX, SOCK_STREAM | flags, 0);
    if (getsockname(held.local, (struct sockaddr *)&address, &length) != 0 ||
        (connect(fd, (struct sockaddr *)&address, length) != 0 && errno != EAGAIN)) {
        err(2, "local connect");
    }
    return fd;
}

static void take_all(void)
{
    close(connect_local(SOCK_NONBLOCK));
    pthread_mutex_lock(&held.mutex);
    pthread_rwlock_wrlock(&held.rwlock);
    pthread_spin_lock(&held.spin);
    mtx_lock(&held.mtx);
    file_lock(held.file[0], F_OFD_SETLK, F_WRLCK);
    sem_post(&held.taken);
}

static void release_all(void)
{
    close(accept(held.local, NULL, NULL));
    file_lock(held.file[0], F_OFD_SETLK, F_UNLCK);
    mtx_unlock(&held.mtx);
    pthread_spin_unlock(&held.spin);
    pthread_rwlock_unlock(&held.rwlock);
    pthread_mutex_unlock(&held.mutex);
}

static void *accept_one(void *by_barrier)
{
    take_all();
    int connection = accept(listener, NULL, NULL);
    announce();
    release_all();
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

static void wait_fscanf(void)
{
    char byte;
    if (fscanf(stream, "%c", &byte) != 1) {
        err(2, "fscanf");
    }
    accepted = 2;
}

static void wait_fgetwc(void)
{
    if (fgetwc(wide) == WEOF) {
        err(2, "fgetwc");
    }
    accepted = 2;
}

static void wait_fgetc_unlocked(void)
{
    if (fgetc_unlocked(stream) == EOF) {
        err(2, "fgetc_unlocked");
    }
    accepted = 2;
}

static void wait_mutex(void)
{
    pthread_mutex_lock(&held.mutex);
    pthread_mutex_unlock(&held.mutex);
}

static void wait_mutex_timed(void)
{
    struct timespec limit = in_half_a_minute();
    pthread_mutex_timedlock(&held.mutex, &limit);
    pthread_mutex_unlock(&held.mutex);
}

static void wait_rwlock_read(void)
{
    pthread_rwlock_rdlock(&held.rwlock);
    pthread_rwlock_unlock(&held.rwlock);
}

static void wait_rwlock_write(void)
{
    pthread_rwlock_wrlock(&held.rwlock);
    pthread_rwlock_unlock(&held.rwlock);
}

static void wait_spin(void)
{
    pthread_spin_lock(&held.spin);
    pthread_spin_unlock(&held.spin);
}

static void wait_mtx(void)
{
    mtx_lock(&held.mtx);
    mtx_unlock(&held.mtx);
}

static void wait_file_lock(void)
{
    file_lock(held.file[1], F_OFD_SETLKW, F_WRLCK);
    file_lock(held.file[1], F_OFD_SETLK, F_UNLCK);
}

static void wait_connect(void)
{
    close(connect_local(0));
}

static void wait_yielding(void)
{
    while (!accepted) {
        sched_yield();
    }
}

/* Looks at something else again and again, without ever waiting. */
static void wait_looking(void)
{
    char byte;
    while (recv(pair[0], &byte, 1, MSG_DONTWAIT) < 0 && errno == EAGAIN && !accepted) {}
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
        sem_wait(&held.taken);
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

static void open_files(void)
{
    char path[64];
    held.file[0] = memfd_create("held", MFD_CLOEXEC);
    snprintf(path, sizeof path, "/proc/self/fd/%d", held.file[0]);
    held.file[1] = open(path, O_RDWR | O_CLOEXEC);
    held.local = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
    /* No name given: the kernel finds one. With a backlog of 0 one may wait to be accepted. */
    if (bind(held.local, (struct sockaddr *)&(struct sockaddr_un){.sun_family = AF_UNIX},
             sizeof(sa_family_t)) != 0 ||
        listen(held.local, 0) != 0) {
        err(2, "setting up");
    }
    stream = fdopen(ends[0], "r");
    wide = fdopen(dup(ends[0]), "r");
    if (held.file[0] < 0 || held.file[1] < 0 || stream == NULL || wide == NULL) {
        err(2, "setting up");
    }
    setvbuf(stream, NULL, _IONBF, 0);
    setvbuf(wide, NULL, _IONBF, 0);
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
    pthread_spin_init(&held.spin, PTHREAD_PROCESS_PRIVATE);
    mtx_init(&held.mtx, mtx_plain);
    listener = tcp_socket(self, false);
    if (sem_init(&semaphore, 0, 0) != 0 || sem_init(&held.taken, 0, 0) != 0 || pipe(ends) != 0 ||
        socketpair(AF_UNIX, SOCK_DGRAM, 0, pair) != 0 ||
        bind(listener, address_get(self), self->length) != 0 || listen(listener, 5) != 0) {
        err(2, "setting up");
    }
    getsockname(listener, (struct sockaddr *)&self->storage, &self->length);
    open_files();
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
        {"fscanf", wait_fscanf},
        {"fgetwc", wait_fgetwc},
        {"fgetc_unlocked", wait_fgetc_unlocked},
        {"pthread_mutex_lock", wait_mutex},
        {"pthread_mutex_timedlock", wait_mutex_timed},
        {"pthread_rwlock_rdlock", wait_rwlock_read},
        {"pthread_rwlock_wrlock", wait_rwlock_write},
        {"pthread_spin_lock", wait_spin},
        {"mtx_lock", wait_mtx},
        {"fcntl", wait_file_lock},
        {"connect", wait_connect},
        {"sched_yield", wait_yielding},
        {"recv", wait_looking},
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
