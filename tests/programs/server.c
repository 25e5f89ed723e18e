/* SPDX-License-Identifier: MIT */
/*
 * server ADDRESS PORT MODE [OPTION]...: the reference server. A child process serves each
 * connection and adds a line to the record: how many bytes came, their checksum, and how the stream
 * ended.
 *
 *   sink     reads to the end
 *   answer   reads to the end, then says what it got
 *   echo     sends back what it reads as it comes
 *   greet    speaks first, then echoes
 *   banner   speaks first, then reads to the end
 *   close    closes at once
 */
#include "common.h"

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct options {
    const char *mode;
    int record;       /* descriptor, or -1 */
    int backlog;      /* what listen() is given */
    int queue;        /* TCP_FASTOPEN, which this program can set by itself; -1: it does not */
    int inherited;    /* a socket bound by somebody else, or -1 */
    bool listening;   /* and already listening */
    bool report;      /* print the TCP_FASTOPEN queue after listen() and after the first accept() */
    bool queue_after; /* set TCP_FASTOPEN after listen(), not before */
};

static void serve(int connection, const struct options *options)
{
    const char *greeting = "220 ready\n";
    unsigned char buffer[65536];
    uint64_t sum = CHECKSUM_START;
    size_t total = 0;
    bool echoes = strcmp(options->mode, "echo") == 0 || strcmp(options->mode, "greet") == 0;
    if (strcmp(options->mode, "greet") == 0 || strcmp(options->mode, "banner") == 0)
        send(connection, greeting, strlen(greeting), MSG_NOSIGNAL);
    ssize_t got;
    while ((got = recv(connection, buffer, sizeof buffer, 0)) > 0) {
        sum = checksum(sum, buffer, (size_t)got);
        total += (size_t)got;
        if (echoes)
            send(connection, buffer, (size_t)got, MSG_NOSIGNAL);
    }
    const char *end = got == 0 ? "EOF" : error_name(errno);
    if (options->record >= 0)
        dprintf(options->record, "bytes=%zu checksum=%016jx end=%s\n", total, (uintmax_t)sum, end);
    if (strcmp(options->mode, "answer") == 0) {
        int length = snprintf((char *)buffer, sizeof buffer, "got %zu bytes\n", total);
        send(connection, buffer, (size_t)length, MSG_NOSIGNAL);
    }
}

static void report_queue(const char *when, int listener)
{
    int queue = -1;
    socklen_t length = sizeof queue;
    getsockopt(listener, IPPROTO_TCP, TCP_FASTOPEN, &queue, &length);
    printf("queue %s: %d\n", when, queue);
}

static void set_queue(int listener, int queue)
{
    if (setsockopt(listener, IPPROTO_TCP, TCP_FASTOPEN, &queue, sizeof queue) != 0)
        err(2, "TCP_FASTOPEN");
}

static int open_listener(const struct address *address, const struct options *options)
{
    int listener = options->inherited;
    if (listener < 0) {
        listener = tcp_socket(address, false);
        setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &(int){1}, sizeof(int));
        if (bind(listener, address_get(address), address->length) != 0)
            err(2, "bind");
    }
    if (options->queue >= 0 && !options->queue_after)
        set_queue(listener, options->queue);
    if (!options->listening && listen(listener, options->backlog) != 0)
        err(2, "listen");
    if (options->queue >= 0 && options->queue_after)
        set_queue(listener, options->queue);
    return listener;
}

static struct options parse(int argc, char **argv)
{
    static const struct option known[] = {
        {"record", required_argument, NULL, 'r'},  {"backlog", required_argument, NULL, 'b'},
        {"queue", required_argument, NULL, 'q'},   {"queue-after", no_argument, NULL, 'a'},
        {"inherit", required_argument, NULL, 'i'}, {"listening", no_argument, NULL, 'l'},
        {"report", no_argument, NULL, 'p'},        {0}};
    struct options options = {.record = -1, .backlog = 16, .queue = -1, .inherited = -1};
    int option;
    while ((option = getopt_long(argc, argv, "", known, NULL)) != -1) {
        switch (option) {
        case 'r':
            options.record = open(optarg, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666);
            break;
        case 'b':
            options.backlog = atoi(optarg);
            break;
        case 'q':
            options.queue = atoi(optarg);
            break;
        case 'a':
            options.queue_after = true;
            break;
        case 'i':
            options.inherited = atoi(optarg);
            break;
        case 'l':
            options.listening = true;
            break;
        case 'p':
            options.report = true;
            break;
        default:
            exit(2);
        }
    }
    return options;
}

int main(int argc, char **argv)
{
    setvbuf(stdout, NULL, _IOLBF, 0);
    struct options options = parse(argc, argv);
    if (argc - optind != 3)
        errx(2, "usage: server ADDRESS PORT MODE [OPTION]...");
    struct address address = address_parse(argv[optind], argv[optind + 1]);
    options.mode = argv[optind + 2];
    int listener = open_listener(&address, &options);
    if (options.report)
        report_queue("after listen", listener);
    signal(SIGCHLD, SIG_IGN);
    for (bool first = true;; first = false) {
        int connection = accept(listener, NULL, NULL);
        if (connection < 0)
            err(2, "accept");
        if (options.report && first)
            report_queue("after accept", listener);
        pid_t child = fork();
        if (child == 0) {
            close(listener);
            if (strcmp(options.mode, "close") != 0)
                serve(connection, &options);
            exit(0);
        }
        close(connection);
    }
}
