/* SPDX-License-Identifier: MIT */
/*
 * reset ADDRESS WAY: connects to a listener of its own, several times over, which resets each
 * connection; says what there is to read.
 *
 *   data      the listener sends eleven bytes before it resets
 *   unread    the listener closes before it has read what the client wrote
 */
#include "common.h"

#include <err.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define ROUNDS 3
#define READS 5

static void send_and_reset(int served)
{
    struct linger at_once = {.l_onoff = 1};
    setsockopt(served, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    say("served", send(served, "hello world", 11, MSG_NOSIGNAL));
    close(served);
}

static void close_unread(int served)
{
    poll(&(struct pollfd){.fd = served, .events = POLLIN}, 1, -1);
    close(served);
}

static void one_round(int listener, const struct address *self, const char *way)
{
    char bytes[5];
    int client = tcp_socket(self, false);
    bool writes = strcmp(way, "unread") == 0;
    connect_said(client, self, false);
    if (writes)
        say("send", send(client, "x", 1, MSG_NOSIGNAL));
    int served = accept(listener, NULL, NULL);
    (writes ? close_unread : send_and_reset)(served);
    for (int i = 0; i < READS; i++)
        say("recv", recv(client, bytes, sizeof bytes, 0));
    close(client);
}

int main(int argc, char **argv)
{
    program_start();
    if (argc != 3)
        errx(2, "usage: reset ADDRESS WAY");
    struct address self = address_parse(argv[1], "0");
    int listener = tcp_socket(&self, false);
    if (bind(listener, address_get(&self), self.length) != 0 || listen(listener, 5) != 0)
        err(2, "listen");
    getsockname(listener, (struct sockaddr *)&self.storage, &self.length);
    for (int i = 0; i < ROUNDS; i++)
        one_round(listener, &self, argv[2]);
    return 0;
}
