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

/* What the acceptor holds until somebody has connected. */
static struct {
    sem_t taken;
    pthread_mutex_t mutex;
    pthread_rwlock_t rwlock;
    pthread_spinlock_t spin;
    mtx_t mtx;
    int file[2]; /* two descriptions of one file: who locks the first keeps the second waiting */
    FILE *paper;
    int local; /* a listener whose backlog is full */
} held = {.mutex = PTHREAD_MUTEX_INITIALIZER, .rwlock = PTHREAD_RWLOCK_INITIALIZER};

static const struct {
    const char *name;
    const struct way *ways;
} families[] = {
    {"thread", thread_ways}, {"sleep", sleep_ways}, {"lock", lock_ways},
    {"signal", signal_ways}, {"ipc", ipc_ways},     {"process", process_ways},
    {"stream", stream_ways}, {"wide", wide_ways},   {"poll", poll_ways},
    {"read", read_ways},     {"write", write_ways},
};
#define FAMILIES (sizeof families / sizeof *families)

void must(int succeeded, const char *what)
{
    if (!succeeded) {
        err(2, "%s", what);
    }
}

void release_pipe(void)
{
    must(write(ends[1], "7777777\n", 8) == 8, "write");
}

static void take_all(void)
{
    close(connect_local(SOCK_NONBLOCK));
    pthread_mutex_lock(&held.mutex);
    pthread_rwlock_wrlock(&held.rwlock);
    pthread_spin_lock(&held.spin);
    mtx_lock(&held.mtx);
    flockfile(held.paper);
    file_lock(held.file[0], F_OFD_SETLK, F_WRLCK);
    sem_post(&held.taken);
}

static void release_all(void)
{
    close(accept(held.local, NULL, NULL));
    file_lock(held.file[0], F_OFD_SETLK, F_UNLCK);
    funlockfile(held.paper);
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
    clock_gettime(clock, &limit);
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

static void wait_fwscanf(void)
{
    wchar_t character;
    if (fwscanf(wide, L"%lc", &character) != 1) {
        err(2, "fwscanf");
    }
    accepted = 2;
}

static void wait_getwc_unlocked(void)
{
    if (getwc_unlocked(wide) == WEOF) {
        err(2, "getwc_unlocked");
    }
    accepted = 2;
}

/* What fortified programs call for fgets_unlocked() and fread_unlocked(). */
char *__fgets_unlocked_chk(char *, size_t buffer_size, int, FILE *);
size_t __fread_unlocked_chk(void *, size_t buffer_size, size_t, size_t, FILE *);

static void wait_fgets_unlocked(void)
{
    char line[2];
    if (__fgets_unlocked_chk(line, sizeof line, sizeof line, stream) == NULL) {
        err(2, "fgets_unlocked");
    }
    accepted = 2;
}

static void wait_fread_unlocked(void)
{
    char byte;
    if (__fread_unlocked_chk(&byte, 1, 1, 1, stream) != 1) {
        err(2, "fread_unlocked");
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

static void wait_stream_lock(void)
{
    flockfile(held.paper);
    funlockfile(held.paper);
}

static pthread_once_t once;
static atomic_bool initializing;

static void initialize(void)
{
    initializing = true;
    while (!accepted) {
        nanosleep(&soon, NULL);
    }
}

static void *call_initializer(void *unused)
{
    pthread_once(&once, initialize);
    return unused;
}

static void wait_once(void)
{
    pthread_t other;
    once = (pthread_once_t)PTHREAD_ONCE_INIT;
    initializing = false;
    pthread_create(&other, NULL, call_initializer, NULL);
    while (!initializing) {}
    pthread_once(&once, initialize);
    pthread_join(other, NULL);
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

/* sigpause(), which the headers call out of date. */
int __xpg_sigpause(int number);

static void wait_sigsuspend(void)
{
    sigset_t none;
    sigemptyset(&none);
    sigsuspend(&none);
}

static void wait_sigpause(void)
{
    __xpg_sigpause(SIGNAL);
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
    held.paper = fopen("/dev/null", "w");
    stream = fdopen(ends[0], "r");
    wide = fdopen(dup(ends[0]), "r");
    if (held.file[0] < 0 || held.file[1] < 0 || held.paper == NULL || stream == NULL ||
        wide == NULL) {
        err(2, "setting up");
    }
    setvbuf(stream, NULL, _IONBF, 0);
    setvbuf(wide, NULL, _IONBF, 0);
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
    if (way->take != NULL) {
        way->take();
    }
    sem_post(&taken);
    connection = accept(listener, NULL, NULL);
    accepted = true;
    if (way->release != NULL) {
        way->release();
    }
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
    if (way->wait != thread_ways[0].wait) {
        pthread_join(acceptor, NULL);
    }
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
    if (status != 0) {
        printf("%s: NOT MET, status %d\n", way->name, status);
    }
}

static void print_family(const char *name)
{
    for (size_t i = 0; i < FAMILIES; i++) {
        const struct way *way = families[i].ways;
        for (; strcmp(families[i].name, name) == 0 && way->name != NULL; way++) {
            if (way->missing == NULL || !way->missing()) {
                puts(way->name);
            }
        }
    }
}

static const struct way *find(const char *name)
{
    for (size_t i = 0; i < FAMILIES; i++) {
        for (const struct way *way = families[i].ways; way->name != NULL; way++) {
            if (strcmp(way->name, name) == 0) {
                return way;
            }
        }
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
        {"fgets_unlocked", wait_fgets_unlocked},
        {"fread_unlocked", wait_fread_unlocked},
        {"fwscanf", wait_fwscanf},
        {"getwc_unlocked", wait_getwc_unlocked},
        {"pthread_mutex_lock", wait_mutex},
        {"pthread_mutex_timedlock", wait_mutex_timed},
        {"pthread_rwlock_rdlock", wait_rwlock_read},
        {"pthread_rwlock_wrlock", wait_rwlock_write},
        {"pthread_spin_lock", wait_spin},
        {"mtx_lock", wait_mtx},
        {"flockfile", wait_stream_lock},
        {"pthread_once", wait_once},
        {"fcntl", wait_file_lock},
        {"connect", wait_connect},
        {"sched_yield", wait_yielding},
        {"recv", wait_looking},
        {"sigwait", wait_sigwait},
        {"sigwaitinfo", wait_sigwaitinfo},
        {"sigsuspend", wait_sigsuspend},
        {"sigpause", wait_sigpause},
        {"waitpid", NULL},
    };
    program_start();
    alarm(0); /* each way has its own */
    if (argc < 2) {
        errx(2, "usage: rendezvous ADDRESS|inherited WAY... | FAMILY");
    }
    if (argc == 2) {
        print_family(argv[1]);
        return 0;
    }
    listen_at(argv[1], &self);
    for (int i = 2; i < argc; i++) {
        in_child(&self, find(argv[i]));
    }
    return 0;
}
