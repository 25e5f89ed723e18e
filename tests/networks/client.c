/* SPDX-License-Identifier: MIT */
/*
 * client plain|native blocking|nonblocking ADDRESS PORT GREETING-PORT SECONDS: makes the transfers
 * that standard input lists, a line each, one after another, and begins none when its time is over.
 *
 *   NUMBER LENGTH WAY                        in
 *   begin NUMBER                             out, and when it has ended:
 *   end NUMBER MS STAGE ERRNO WRONG-BYTES
 */
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "transfer.h"

struct client {
    struct transfer transfer;
    struct endpoint plain;
    struct endpoint greeting;
    double seconds;
    struct result *child; /* memory that a child shares */
};

static double now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static struct endpoint read_endpoint(const char *host, const char *port)
{
    struct endpoint endpoint = {.length = sizeof(struct sockaddr_in)};
    struct sockaddr_in *v4 = (struct sockaddr_in *)&endpoint.address;
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&endpoint.address;
    in_port_t number = htons((in_port_t)strtoul(port, NULL, 10));
    if (inet_pton(AF_INET, host, &v4->sin_addr) == 1) {
        v4->sin_family = AF_INET;
        v4->sin_port = number;
    } else if (inet_pton(AF_INET6, host, &v6->sin6_addr) == 1) {
        v6->sin6_family = AF_INET6;
        v6->sin6_port = number;
        endpoint.length = sizeof *v6;
    } else {
        errx(2, "not an address: %s", host);
    }
    return endpoint;
}

static enum way read_way(const char *name)
{
    for (int way = 0; way < WAYS; way++)
        if (strcmp(way_names[way], name) == 0)
            return (enum way)way;
    errx(2, "no such way: %s", name);
}

/* What the socket still has to do when its program exits, it does while nobody waits for it. */
static struct result run_in_child(struct client *client)
{
    int status = 0;
    pid_t child;
    *client->child = (struct result){.stage = STAGE_EXIT};
    child = fork();
    if (child < 0)
        err(2, "cannot fork");
    if (child == 0) {
        *client->child = transfer_run(&client->transfer);
        exit(0);
    }
    while (waitpid(child, &status, 0) < 0 && errno == EINTR)
        continue;
    if (status != 0)
        *client->child = (struct result){.stage = STAGE_EXIT, .error = status};
    return *client->child;
}

static void run_one(struct client *client)
{
    struct transfer *transfer = &client->transfer;
    double began = now_ms();
    struct result result;
    printf("begin %" PRIu32 "\n", transfer->message.number);
    transfer->to = transfer->way == WAY_GREETED ? client->greeting : client->plain;
    transfer->epoll = transfer->message.number >> 7 & 1;
    result = transfer->way == WAY_EXIT ? run_in_child(client) : transfer_run(transfer);
    printf("end %" PRIu32 " %.3f %s %d %zu\n", transfer->message.number, now_ms() - began,
           stage_names[result.stage], result.error, result.wrong);
}

static bool next_of_plan(struct client *client)
{
    char line[100];
    char *rest;
    if (!fgets(line, sizeof line, stdin))
        return false;
    line[strcspn(line, "\n")] = '\0';
    client->transfer.message.number = (uint32_t)strtoul(line, &rest, 10);
    client->transfer.message.length = strtoul(rest, &rest, 10);
    client->transfer.way = read_way(*rest ? rest + 1 : rest);
    return true;
}

/* The shim learns of a program that its connections are not worth deferring, in two cases of a row:
 * one that ends them in every way is to be many programs. */
static void go_on_as_another(char **argv, const struct client *client, double left)
{
    char name[32], seconds[32];
    snprintf(name, sizeof name, "client-%" PRIu32, client->transfer.message.number);
    snprintf(seconds, sizeof seconds, "%f", left);
    argv[0] = name;
    argv[6] = seconds;
    execv("/proc/self/exe", argv);
    err(2, "cannot go on");
}

int main(int argc, char **argv)
{
    struct client client = {0};
    double began = now_ms();
    if (argc != 7)
        errx(2,
             "usage: client plain|native blocking|nonblocking ADDRESS PORT GREETING-PORT SECONDS");
    signal(SIGPIPE, SIG_IGN);
    setvbuf(stdout, NULL, _IOLBF, 0);
    /* A child that exits puts the file that they share back to where it has read its input. */
    setvbuf(stdin, NULL, _IONBF, 0);
    client.transfer.native = strcmp(argv[1], "native") == 0;
    client.transfer.nonblocking = strcmp(argv[2], "nonblocking") == 0;
    client.plain = read_endpoint(argv[3], argv[4]);
    client.greeting = read_endpoint(argv[3], argv[5]);
    client.seconds = strtod(argv[6], NULL);
    client.child =
        mmap(NULL, sizeof *client.child, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (client.child == MAP_FAILED)
        err(2, "cannot share memory");
    for (int made = 0; now_ms() - began < client.seconds * 1e3 && next_of_plan(&client); made++) {
        run_one(&client);
        if (made == 1)
            go_on_as_another(argv, &client, client.seconds - (now_ms() - began) / 1e3);
    }
    return 0;
}
