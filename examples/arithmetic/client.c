/* SPDX-License-Identifier: MIT */
/*
 * arithmetic-client ADDRESS PORT OPERAND1 OPERATOR OPERAND2 [OPERAND1 OPERATOR OPERAND2]...
 *
 * Asks an arithmetic-server for each result, all over one connection, and prints it. It does not
 * use TCP Fast Open itself.
 */
#include "message.h"

#include <err.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int connect_to(const char *address, const char *port)
{
    const struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
    struct addrinfo *found;
    int error = getaddrinfo(address, port, &hints, &found);
    if (error != 0)
        errx(EXIT_FAILURE, "%s port %s: %s", address, port, gai_strerror(error));
    int connection = -1;
    for (const struct addrinfo *each = found; each != NULL; each = each->ai_next) {
        connection = socket(each->ai_family, each->ai_socktype, each->ai_protocol);
        if (connection >= 0 && connect(connection, each->ai_addr, each->ai_addrlen) == 0)
            break;
        if (each->ai_next == NULL)
            err(EXIT_FAILURE, "%s port %s", address, port);
        if (connection >= 0)
            close(connection);
    }
    freeaddrinfo(found);
    return connection;
}

/* Prints the result; false when the server gave none. */
static bool show(const char *answer)
{
    char value[MESSAGE_MOST];
    if (strncmp(answer, "MATH/1.1 200 ", 13) == 0 &&
        message_field(answer, "Result", value, sizeof value)) {
        puts(value);
        return true;
    }
    if (!message_field(answer, "Reason", value, sizeof value))
        errx(EXIT_FAILURE, "the answer makes no sense");
    warnx("%.*s: %s", (int)strcspn(answer, "\n"), answer, value);
    return false;
}

static bool ask(struct inbox *inbox, char *const sum[3])
{
    char request[MESSAGE_MOST + 1], answer[MESSAGE_MOST + 1];
    int length = snprintf(request, sizeof request,
                          "CALCULATE MATH/1.1\n"
                          "Operand1: %s\nOperator: %s\nOperand2: %s\n"
                          "Connection: Keep-Alive\n\n",
                          sum[0], sum[1], sum[2]);
    if (length < 0 || (size_t)length >= sizeof request)
        errx(EXIT_FAILURE, "operands too long");
    if (!message_send(inbox->socket, request))
        err(EXIT_FAILURE, "send");
    switch (message_receive(inbox, answer)) {
    case RECEIVED_MESSAGE:
        return show(answer);
    case RECEIVED_ERROR:
        err(EXIT_FAILURE, "recv");
    case RECEIVED_TOO_LONG:
        errx(EXIT_FAILURE, "the answer is too long");
    default:
        errx(EXIT_FAILURE, "the server closed the connection");
    }
}

int main(int argc, char **argv)
{
    if (argc < 6 || argc % 3 != 0) {
        errx(EXIT_FAILURE, "usage: arithmetic-client ADDRESS PORT "
                           "OPERAND1 OPERATOR OPERAND2 [OPERAND1 OPERATOR OPERAND2]...");
    }
    struct inbox inbox = {.socket = connect_to(argv[1], argv[2])};
    bool all = true;
    for (int i = 3; i < argc; i += 3)
        all = ask(&inbox, argv + i) && all;
    close(inbox.socket);
    return all ? EXIT_SUCCESS : EXIT_FAILURE;
}
