/* SPDX-License-Identifier: MIT */
/*
 * growth none|names|descriptors|threads|destinations|flight N ADDRESS PORT COUNT: what COUNT
 * connections cost a process that has looked up N names, or has N descriptors, N threads, N
 * destinations that it has been to or N connections on their way. Prints `ready` when it is
 * prepared, and then for each line of its input the microseconds of processor time that one
 * connection took: what a server or the network takes does not count. On their way are connections
 * whose SYN is not answered: whoever started this cuts the network after `ready`, and has the first
 * line for their making.
 */
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define STACK 65536
#define OTHERS                                                                                     \
    64 /* destinations for what is on its way: one that is silent is soon not deferred to */
#define BEFORE 4

static const char request[] = "GET / HTTP/1.0\r\nHost: bench\r\n\r\n";
#define LENGTH (sizeof request - 1)

static struct sockaddr_in server;
static long size, count;
static unsigned int next_other;

static void must(bool good, const char *what)
{
    if (!good)
        err(1, "%s", what);
}

/* The server has all addresses from 10.64.0.1 on. */
static struct sockaddr_in destination(long index)
{
    struct sockaddr_in one = server;
    if (index >= 0)
        one.sin_addr.s_addr = htonl((10U << 24 | 64U << 16) + 1 + (uint32_t)index);
    return one;
}

static void connection(long index)
{
    char answer[4096];
    ssize_t got;
    struct sockaddr_in to = destination(index);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    must(fd >= 0, "socket");
    must(connect(fd, (struct sockaddr *)&to, sizeof to) == 0, "connect");
    must(write(fd, request, LENGTH) == LENGTH, "write");
    while ((got = read(fd, answer, sizeof answer)) > 0)
        ;
    must(got == 0, "read");
    close(fd);
}

/* Without a deferral the write has to wait for the handshake, which never comes: that is no
 * failure. */
static void leave_on_its_way(const struct sockaddr_in *to)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    must(fd >= 0, "socket");
    must(connect(fd, (const struct sockaddr *)to, sizeof *to) == 0 || errno == EINPROGRESS,
         "connect");
    must(write(fd, request, LENGTH) == LENGTH || errno == EAGAIN, "write");
}

static void look_up(long index)
{
    char name[64];
    struct addrinfo hints = {.ai_family = AF_INET, .ai_socktype = SOCK_STREAM}, *found;
    snprintf(name, sizeof name, "n%ld.example", index + 1);
    int error = getaddrinfo(name, NULL, &hints, &found);
    if (error)
        errx(1, "%s: %s", name, gai_strerror(error));
    freeaddrinfo(found);
}

static void *idle(void *unused)
{
    pause();
    return unused;
}

static void start_thread(long unused)
{
    pthread_attr_t attributes;
    pthread_t thread;
    (void)unused;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, STACK);
    errno = pthread_create(&thread, &attributes, idle, NULL);
    must(errno == 0, "pthread_create");
}

static void open_descriptor(long unused)
{
    (void)unused;
    must(dup(STDIN_FILENO) >= 0, "dup");
}

static void contact_others(void)
{
    for (long index = 0; index < OTHERS; index++)
        connection(index);
}

/* What is on its way keeps its descriptors, round by round. */
static void raise_limit(const char *kind)
{
    struct rlimit limit;
    rlim_t wanted = 100;
    if (strcmp(kind, "descriptors") == 0)
        wanted += (rlim_t)size;
    if (strcmp(kind, "flight") == 0)
        wanted += (rlim_t)(size + count * OTHERS);
    must(getrlimit(RLIMIT_NOFILE, &limit) == 0, "getrlimit");
    if (limit.rlim_cur >= wanted)
        return;
    limit.rlim_cur = wanted;
    if (limit.rlim_max < wanted)
        limit.rlim_max = wanted;
    must(setrlimit(RLIMIT_NOFILE, &limit) == 0, "setrlimit");
}

static double now_us(void)
{
    struct timespec time;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return (double)time.tv_sec * 1e6 + (double)time.tv_nsec / 1e3;
}

static double timed(const char *kind)
{
    struct sockaddr_in other = destination(next_other++ % OTHERS);
    bool many = strcmp(kind, "destinations") == 0, flight = strcmp(kind, "flight") == 0;
    unsigned int seed = next_other;
    double start = now_us();
    for (long n = 0; n < count; n++)
        if (flight)
            leave_on_its_way(&other);
        else
            connection(many ? rand_r(&seed) % size : -1);
    return (now_us() - start) / (double)count;
}

static void prepare(const char *kind)
{
    static const struct {
        const char *kind;
        void (*one)(long);
    } kinds[] = {
        {"names", look_up},
        {"threads", start_thread},
        {"descriptors", open_descriptor},
        {"destinations", connection},
    };
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        for (long n = 0; strcmp(kind, kinds[i].kind) == 0 && n < size; n++)
            kinds[i].one(n);
    for (int n = 0; n < BEFORE; n++)
        connection(-1);
    if (strcmp(kind, "flight") == 0)
        contact_others();
    puts("ready");
}

static void fill(void)
{
    struct sockaddr_in other = destination(next_other++);
    for (long n = 0; n < size; n++)
        leave_on_its_way(&other);
    puts("ready");
}

int main(int argc, char **argv)
{
    char line[16];
    if (argc != 6)
        errx(2, "usage: growth KIND N ADDRESS PORT COUNT");
    size = strtol(argv[2], NULL, 10);
    count = strtol(argv[5], NULL, 10);
    server.sin_family = AF_INET;
    server.sin_port = htons((uint16_t)strtol(argv[4], NULL, 10));
    must(inet_pton(AF_INET, argv[3], &server.sin_addr) == 1 && size > 0 && count > 0, "arguments");
    setvbuf(stdout, NULL, _IOLBF, 0);
    raise_limit(argv[1]);
    prepare(argv[1]);
    if (strcmp(argv[1], "flight") == 0 && fgets(line, sizeof line, stdin))
        fill();
    while (fgets(line, sizeof line, stdin))
        printf("%.3f\n", timed(argv[1]));
    return 0;
}
