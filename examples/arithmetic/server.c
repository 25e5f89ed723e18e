/* SPDX-License-Identifier: MIT */
/*
 * arithmetic-server [ADDRESS] PORT: answers CALCULATE requests, a child process for each
 * connection. It does not use TCP Fast Open itself.
 */
#include "calculate.h"
#include "message.h"

#include <err.h>
#include <errno.h>
#include <netdb.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int listen_at(const char *address, const char *port)
{
    const struct addrinfo hints = {
        .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE};
    struct addrinfo *found;
    int error = getaddrinfo(address, port, &hints, &found);
    if (error != 0)
        errx(EXIT_FAILURE, "%s port %s: %s", address ? address : "*", port, gai_strerror(error));
    int listener = socket(found->ai_family, found->ai_socktype, found->ai_protocol);
    if (listener < 0)
        err(EXIT_FAILURE, "socket");
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &(int){1}, sizeof(int));
    if (bind(listener, found->ai_addr, found->ai_addrlen) != 0 || listen(listener, 16) != 0)
        err(EXIT_FAILURE, "%s port %s", address ? address : "*", port);
    freeaddrinfo(found);
    return listener;
}

/* Closing with bytes unread would reset the connection, and the answer might never be seen. */
static void close_gently(int connection)
{
    char unwanted[MESSAGE_MOST];
    shutdown(connection, SHUT_WR);
    while (recv(connection, unwanted, sizeof unwanted, 0) > 0) {}
    close(connection);
}

/* Requests are answered in turn until the client closes, asks for "Connection: Close", or sends a
 * message without an end. */
static int serve(int connection)
{
    struct inbox inbox = {.socket = connection};
    char request[MESSAGE_MOST + 1], answer[MESSAGE_MOST + 1], keep[16];
    for (;;) {
        switch (message_receive(&inbox, request)) {
        case RECEIVED_MESSAGE:
            calculate(request, answer, sizeof answer);
            break;
        case RECEIVED_TOO_LONG:
            calculate_refuse("the request is too long", answer, sizeof answer);
            message_send(connection, answer);
            close_gently(connection);
            return EXIT_FAILURE;
        case RECEIVED_END:
            return EXIT_SUCCESS;
        default:
            return EXIT_FAILURE;
        }
        if (!message_send(connection, answer))
            return EXIT_FAILURE;
        if (message_field(request, "Connection", keep, sizeof keep) && strcmp(keep, "Close") == 0)
            return EXIT_SUCCESS;
    }
}

int main(int argc, char **argv)
{
    if (argc < 2 || argc > 3)
        errx(EXIT_FAILURE, "usage: arithmetic-server [ADDRESS] PORT");
    int listener = listen_at(argc == 3 ? argv[1] : NULL, argv[argc - 1]);
    signal(SIGCHLD, SIG_IGN); /* children are not waited for */
    for (;;) {
        int connection = accept(listener, NULL, NULL);
        if (connection < 0) {
            /* A client that gave up, or a momentary shortage, is no reason to stop serving. */
            if (errno != ECONNABORTED && errno != EINTR)
                warn("accept");
            continue;
        }
        pid_t child = fork();
        if (child == 0) {
            close(listener);
            exit(serve(connection));
        }
        if (child < 0)
            warn("fork");
        close(connection);
    }
}
