/* SPDX-License-Identifier: MIT */
/*
 * oneself ADDRESS [ORDER]: one thread that is its own client and server, several times over. Nobody
 * else can accept its connection, so a connect that waits for its first write would wait for ever.
 *
 *   accept-first   connect, accept, then write                 (the default)
 *   write-first    connect, write, accept, read
 *   poll-first     connect, poll the listener, accept, write
 *   speak-first    connect, accept, the accepted side writes, the connecting side reads
 *   outlive        as write-first, and at last a connection that is closed after its listener
 *   by-number      as accept-first, and the listener is closed by syscall(), as libuv does
 */
#include "common.h"

#include <err.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define ROUNDS 3

static int accept_said(int listener)
{
    int accepted = accept(listener, NULL, NULL);
    printf("accept: %s\n", accepted >= 0 ? "a connection" : "failed");
    return accepted;
}

static void one_round(int listener, const struct address *self, const char *order)
{
    const unsigned char *word = (const unsigned char *)"hello";
    int client = tcp_socket(self, false), accepted;
    connect_said(client, self, false);
    if (strcmp(order, "write-first") == 0 || strcmp(order, "outlive") == 0) {
        write_said(client, word, 5);
        accepted = accept_said(listener);
        read_said(accepted, 5);
    } else if (strcmp(order, "speak-first") == 0) {
        accepted = accept_said(listener);
        write_said(accepted, word, 5);
        read_said(client, 5);
    } else {
        if (strcmp(order, "poll-first") == 0)
            say("poll", poll(&(struct pollfd){.fd = listener, .events = POLLIN}, 1, -1));
        accepted = accept_said(listener);
        write_said(client, word, 5);
        read_said(accepted, 5);
    }
    say("close", close(client));
    read_to_end_said(accepted);
    say("close", close(accepted));
}

static void close_listener_first(int listener, const struct address *self)
{
    int client = tcp_socket(self, false);
    connect_said(client, self, false);
    write_said(client, (const unsigned char *)"hello", 5);
    int accepted = accept_said(listener);
    say("close", close(listener));
    say("close", close(client));
    read_to_end_said(accepted);
    say("close", close(accepted));
}

int main(int argc, char **argv)
{
    program_start();
    if (argc < 2)
        errx(2, "usage: oneself ADDRESS [ORDER]");
    struct address self = address_parse(argv[1], "0");
    int listener = tcp_socket(&self, false);
    say("bind", bind(listener, address_get(&self), self.length));
    say("listen", listen(listener, 5));
    getsockname(listener, (struct sockaddr *)&self.storage, &self.length);
    const char *order = argc > 2 ? argv[2] : "accept-first";
    for (int i = 0; i < ROUNDS; i++)
        one_round(listener, &self, order);
    if (strcmp(order, "outlive") == 0)
        close_listener_first(listener, &self);
    else if (strcmp(order, "by-number") == 0)
        say("close", syscall(SYS_close, listener));
    else
        say("close", close(listener));
    int late = tcp_socket(&self, false);
    connect_said(late, &self, false);
    return 0;
}
