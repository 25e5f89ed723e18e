/* SPDX-License-Identifier: MIT */
/*
 * steadfast STOP THREADS PAUSE PORT ADDRESS...: connects again and again, to each of the addresses
 * in turn, sends a line and reads it back, by so many threads that each pause for so many
 * milliseconds in between, until there is a file STOP. Meanwhile it looks whether there is anything
 * that it has not made itself: children, signals, threads, descriptors, an errno, a signal that is
 * blocked.
 */
#include "common.h"

#include <dirent.h>
#include <err.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define THREADS_MOST 16
#define ADDRESSES_MOST 8
#define UNTOUCHED 4242 /* as errno */

static struct address addresses[ADDRESSES_MOST];
static int address_count;
static const char *stop;
static struct timespec pause_time;
static atomic_ulong made, failed, errno_changed, masked, signals, children;

static const char line[] = "hello there\n";
#define LENGTH ((ssize_t)sizeof line - 1)

static void on_child(int number)
{
    (void)number;
    signals++;
}

static bool converse(const struct address *address)
{
    char answer[sizeof line];
    int fd = socket(address_get(address)->sa_family, SOCK_STREAM, 0);
    errno = UNTOUCHED;
    bool done = fd >= 0 && connect(fd, address_get(address), address->length) == 0;
    if (done && errno != UNTOUCHED)
        errno_changed++;
    done = done && write(fd, line, (size_t)LENGTH) == LENGTH;
    for (ssize_t got = 0, more; done && got < LENGTH; got += more) {
        more = read(fd, answer + got, (size_t)(LENGTH - got));
        done = more > 0;
    }
    close(fd);
    return done;
}

static bool is_over(void)
{
    return access(stop, F_OK) == 0;
}

static void *work(void *nothing)
{
    sigset_t mask;
    while (!is_over()) {
        for (int i = 0; i < address_count; i++)
            if (converse(&addresses[i]))
                made++;
            else
                failed++;
        pthread_sigmask(SIG_BLOCK, NULL, &mask);
        masked += sigismember(&mask, SIGUSR1) || sigismember(&mask, SIGCHLD);
        nanosleep(&pause_time, NULL);
    }
    return nothing;
}

/* tfoshim keeps one for itself, high up, which has nothing to do with this. */
static int descriptors(void)
{
    int entries = 0;
    DIR *open_directory = opendir("/proc/self/fd");
    for (struct dirent *entry; open_directory && (entry = readdir(open_directory));)
        entries += atoi(entry->d_name) < 128;
    closedir(open_directory);
    return entries;
}

/* Without an allocation, for those are counted. */
static int tasks(void)
{
    struct stat status;
    return stat("/proc/self/task", &status) == 0 ? (int)status.st_nlink : -1;
}

static void look_for_children(void)
{
    while (waitpid(-1, NULL, WNOHANG) >= 0)
        children++;
    if (errno != ECHILD)
        err(1, "waitpid");
}

int main(int argc, char **argv)
{
    pthread_t threads[THREADS_MOST];
    if (argc < 6 || argc > 5 + ADDRESSES_MOST || atoi(argv[2]) > THREADS_MOST)
        errx(2, "usage: steadfast STOP THREADS PAUSE PORT ADDRESS...");
    int thread_count = atoi(argv[2]), odd = 0;
    stop = argv[1];
    pause_time.tv_nsec = atol(argv[3]) % 1000 * 1000000;
    for (char **address = argv + 5; *address; address++)
        addresses[address_count++] = address_parse(*address, argv[4]);
    signal(SIGCHLD, on_child);
    int descriptors_before = descriptors();
    for (int i = 0; i < thread_count; i++)
        if (pthread_create(&threads[i], NULL, work, NULL) != 0)
            errx(1, "pthread_create");
    int tasks_before = tasks();
    while (!is_over()) {
        look_for_children();
        if (!is_over())
            odd += tasks() != tasks_before;
        nanosleep(&(struct timespec){.tv_nsec = 5000000}, NULL);
    }
    for (int i = 0; i < thread_count; i++)
        pthread_join(threads[i], NULL);
    look_for_children();
    printf(
        "failed %lu, children %lu, signals %lu, threads %d, descriptors %d, errno %lu, mask %lu\n",
        failed, children, signals, odd, descriptors() - descriptors_before, errno_changed, masked);
    printf("made %lu\n", made);
    return 0;
}
