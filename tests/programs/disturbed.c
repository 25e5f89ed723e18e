/* SPDX-License-Identifier: MIT */
/*
 * disturbed ADDRESS PORT: a connection is closed whose handshake may be under way, and a signal
 * interrupts what the thread does next: each way to wait, with and without SA_RESTART. The handler
 * also brings about what is waited for, so that a wait which it does not end comes to its own end.
 */
#include "common.h"

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <semaphore.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <threads.h>
#include <time.h>
#include <unistd.h>

#define SIGNAL_AFTER_MS 60

/* Made anew for each wait. */
static int ends[2], pair[2], event, listener, client, lock;
static FILE *stream;
static sem_t semaphore;
static pid_t holder;
static struct sockaddr_un name;
static socklen_t name_length;

static const struct timespec long_enough = {.tv_sec = 2};

static void must(bool succeeded, const char *what)
{
    if (!succeeded)
        err(2, "%s", what);
}

static volatile sig_atomic_t came;

/* What is waited for: a line, a child's end, a lock. */
static void bring_about(int number)
{
    static const uint64_t one = 1;
    int saved = errno;
    (void)number;
    must(write(ends[1], "line\n", 5) == 5 && write(pair[1], "line\n", 5) == 5, "write");
    must(write(event, &one, sizeof one) == sizeof one, "eventfd");
    must(connect(client, (struct sockaddr *)&name, name_length) == 0, "connect");
    must(sem_post(&semaphore) == 0 && kill(holder, SIGKILL) == 0, "post");
    came = 1;
    errno = saved;
}

static long wait_read(void)
{
    char bytes[8];
    return read(ends[0], bytes, sizeof bytes);
}

static long wait_read_by_number(void)
{
    char bytes[8];
    return syscall(SYS_read, ends[0], bytes, sizeof bytes);
}

static long wait_recv(void)
{
    char bytes[8];
    return recv(pair[0], bytes, sizeof bytes, 0);
}

static long wait_recv_limited(void)
{
    const struct timeval limit = {.tv_sec = 2};
    must(setsockopt(pair[0], SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit) == 0, "SO_RCVTIMEO");
    return wait_recv();
}

static long wait_fgets(void)
{
    char line[16];
    const char *got = fgets(line, sizeof line, stream);
    say("ferror", ferror(stream) != 0);
    return got ? 0 : -1;
}

/* What is buffered is there without waiting. */
static long wait_fgets_twice(void)
{
    char line[16];
    must(write(ends[1], "one\ntwo\n", 8) == 8 && fgets(line, sizeof line, stream), "fgets");
    return fgets(line, sizeof line, stream) ? 0 : -1;
}

static long wait_accept(void)
{
    int fd = accept(listener, NULL, NULL);
    return fd < 0 ? fd : close(fd);
}

static long wait_sem(void)
{
    return sem_wait(&semaphore);
}

static long wait_sem_timed(void)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += 2;
    return sem_timedwait(&semaphore, &until);
}

static long wait_eventfd(void)
{
    eventfd_t value;
    return eventfd_read(event, &value);
}

static long wait_sleep(void)
{
    return (long)sleep(2);
}

static long wait_usleep(void)
{
    return usleep(900000);
}

/* How much is left is the clock's; that it is less than it was, and more than nothing, is not. */
static long say_left(long result, const struct timespec *left)
{
    int error = errno;
    say("some is left", left->tv_sec < 2 && (left->tv_sec > 0 || left->tv_nsec > 0));
    errno = error;
    return result;
}

static long wait_nanosleep(void)
{
    struct timespec left = {0};
    int result = nanosleep(&long_enough, &left);
    return say_left(result, &left);
}

static long wait_clock_nanosleep(void)
{
    struct timespec left = {0};
    return say_left(clock_nanosleep(CLOCK_MONOTONIC, 0, &long_enough, &left), &left);
}

static long wait_until(void)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += 2;
    return clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL);
}

static long wait_thrd_sleep(void)
{
    struct timespec left = {0};
    return say_left(thrd_sleep(&long_enough, &left) < 0, &left);
}

static long wait_pause(void)
{
    return pause();
}

static long wait_sigsuspend(void)
{
    sigset_t none;
    sigemptyset(&none);
    return sigsuspend(&none);
}

static long wait_sigtimed(void)
{
    sigset_t other;
    sigemptyset(&other);
    sigaddset(&other, SIGUSR2);
    return sigtimedwait(&other, NULL, &long_enough);
}

static long child(pid_t found)
{
    return found == holder ? 0 : found;
}

static long wait_waitpid(void)
{
    return child(waitpid(holder, NULL, 0));
}

static long wait_wait(void)
{
    return child(wait(NULL));
}

static long wait_wait3(void)
{
    return child(wait3(NULL, 0, NULL));
}

static long wait_wait4(void)
{
    return child(wait4(holder, NULL, 0, NULL));
}

static long wait_wait4_by_number(void)
{
    return child((pid_t)syscall(SYS_wait4, holder, NULL, 0, NULL));
}

static long wait_waitid(void)
{
    siginfo_t info;
    return waitid(P_PID, (id_t)holder, &info, WEXITED);
}

static long wait_flock(void)
{
    return flock(lock, LOCK_EX);
}

static long wait_flock_by_number(void)
{
    return syscall(SYS_flock, lock, LOCK_EX);
}

static long wait_fcntl(void)
{
    struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    return fcntl(lock, F_SETLKW, &whole);
}

static long wait_lockf(void)
{
    return lockf(lock, F_LOCK, 0);
}

static long wait_msgrcv(void)
{
    struct {
        long type;
        char text[8];
    } message;
    int queue = msgget(IPC_PRIVATE, 0600);
    ssize_t result = msgrcv(queue, &message, sizeof message.text, 0, 0);
    int error = errno;
    msgctl(queue, IPC_RMID, NULL);
    errno = error;
    return result;
}

static const struct way {
    const char *name;
    long (*wait)(void);
} ways[] = {
    {"read", wait_read},
    {"read by number", wait_read_by_number},
    {"recv", wait_recv},
    {"recv with a time limit", wait_recv_limited},
    {"fgets", wait_fgets},
    {"fgets of what is buffered", wait_fgets_twice},
    {"accept", wait_accept},
    {"sem_wait", wait_sem},
    {"sem_timedwait", wait_sem_timed},
    {"eventfd_read", wait_eventfd},
    {"sleep", wait_sleep},
    {"usleep", wait_usleep},
    {"nanosleep", wait_nanosleep},
    {"clock_nanosleep", wait_clock_nanosleep},
    {"clock_nanosleep until", wait_until},
    {"thrd_sleep", wait_thrd_sleep},
    {"pause", wait_pause},
    {"sigsuspend", wait_sigsuspend},
    {"sigtimedwait", wait_sigtimed},
    {"wait", wait_wait},
    {"wait3", wait_wait3},
    {"waitpid", wait_waitpid},
    {"wait4", wait_wait4},
    {"wait4 by number", wait_wait4_by_number},
    {"waitid", wait_waitid},
    {"flock", wait_flock},
    {"flock by number", wait_flock_by_number},
    {"fcntl", wait_fcntl},
    {"lockf", wait_lockf},
    {"msgrcv", wait_msgrcv},
};

/* A child that has both kinds of locks. */
static void hold_locks(void)
{
    char path[] = "/tmp/disturbed.XXXXXX";
    struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    int ready[2], file;
    char byte;
    must((lock = mkstemp(path)) >= 0 && pipe(ready) == 0, "mkstemp");
    holder = fork();
    if (holder == 0) {
        file = open(path, O_RDWR);
        must(flock(file, LOCK_EX) == 0 && fcntl(file, F_SETLK, &whole) == 0, "lock");
        must(write(ready[1], "", 1) == 1, "write");
        for (;;)
            pause();
    }
    must(holder > 0 && read(ready[0], &byte, 1) == 1, "fork");
    close(ready[0]);
    close(ready[1]);
    unlink(path);
}

static void set_up(void)
{
    const sa_family_t family = AF_UNIX;
    must(pipe(ends) == 0 && socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0, "pipe");
    must((stream = fdopen(dup(ends[0]), "r")) != NULL, "fdopen");
    must((event = eventfd(0, 0)) >= 0 && sem_init(&semaphore, 0, 0) == 0, "eventfd");
    listener = socket(AF_UNIX, SOCK_STREAM, 0);
    client = socket(AF_UNIX, SOCK_STREAM, 0);
    name_length = sizeof name;
    must(bind(listener, (const struct sockaddr *)&family, sizeof family) == 0 &&
             listen(listener, 1) == 0 &&
             getsockname(listener, (struct sockaddr *)&name, &name_length) == 0,
         "listen");
    hold_locks();
}

static void tear_down(void)
{
    kill(holder, SIGKILL);
    waitpid(holder, NULL, 0);
    fclose(stream);
    sem_destroy(&semaphore);
    for (const int *fd =
             (const int[]){ends[0], ends[1], pair[0], pair[1], event, listener, client, lock, -1};
         *fd >= 0; fd++)
        close(*fd);
}

/* Told writable, written on and closed at once. */
static void end_early(const struct address *peer)
{
    int fd = tcp_socket(peer, true);
    struct pollfd writable = {.fd = fd, .events = POLLOUT};
    must(connect(fd, address_get(peer), peer->length) == 0 || errno == EINPROGRESS, "connect");
    must(poll(&writable, 1, -1) == 1 && send(fd, "hello", 5, 0) == 5, "send");
    close(fd);
}

static void await_signal(void)
{
    sigset_t alarm, before;
    sigemptyset(&alarm);
    sigaddset(&alarm, SIGALRM);
    sigprocmask(SIG_BLOCK, &alarm, &before);
    while (!came)
        sigsuspend(&before);
    sigprocmask(SIG_SETMASK, &before, NULL);
}

static void disturb(const struct way *way, const struct address *peer, int flags)
{
    const struct sigaction action = {.sa_handler = bring_about, .sa_flags = flags};
    const struct itimerval timer = {.it_value.tv_usec = SIGNAL_AFTER_MS * 1000L};
    char line[64];
    set_up();
    came = 0;
    must(sigaction(SIGALRM, &action, NULL) == 0, "sigaction");
    end_early(peer);
    must(setitimer(ITIMER_REAL, &timer, NULL) == 0, "setitimer");
    long result = way->wait();
    snprintf(line, sizeof line, "%s%s", way->name, flags ? ", restarting" : "");
    say(line, result);
    await_signal(); /* what did not wait is over before */
    tear_down();
}

int main(int argc, char **argv)
{
    if (argc != 3)
        errx(2, "usage: disturbed ADDRESS PORT");
    setvbuf(stdout, NULL, _IOLBF, 0);
    const struct address peer = address_parse(argv[1], argv[2]);
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        disturb(&ways[i], &peer, 0);
        disturb(&ways[i], &peer, SA_RESTART);
    }
    return 0;
}
