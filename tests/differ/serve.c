/* SPDX-License-Identifier: MIT */
#include "serve.h"

#include <err.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

void connection_end(struct connection *one, const char *end)
{
    close(one->fd);
    free(one->owed);
    one->owed = NULL;
    one->fd = -1;
    one->end = end;
}

/* The end of the stream is seen to the client at once, whatever it has sent: no reset. */
static void connection_finish(struct connection *one, const char *end)
{
    shutdown(one->fd, SHUT_WR);
    one->kind = DISCARD;
    one->end = end;
}

static void owe(struct connection *one, const void *bytes, size_t length)
{
    unsigned char *more = realloc(one->owed, one->owed_length + length);
    if (!more)
        err(1, "cannot allocate");
    memcpy(more + one->owed_length, bytes, length);
    one->owed = more;
    one->owed_length += length;
}

/* Sends what is owed; false where the connection is gone. */
static bool pay(struct connection *one)
{
    while (one->owed_length) {
        ssize_t sent = send(one->fd, one->owed, one->owed_length, MSG_NOSIGNAL);
        if (sent < 0 && errno == EAGAIN)
            return true;
        if (sent < 0)
            return false;
        one->owed_length -= (size_t)sent;
        memmove(one->owed, one->owed + sent, one->owed_length);
    }
    return true;
}

static uint32_t interest(const struct connection *one)
{
    return (one->kind == SILENT ? EPOLLRDHUP : EPOLLIN) | (one->owed_length ? EPOLLOUT : 0);
}

static void take(struct connection *one, const unsigned char *bytes, size_t length)
{
    char answer[100];
    if (one->bytes == 0)
        one->first = bytes[0];
    one->bytes += length;
    for (size_t i = 0; i < length; i++)
        one->sum = (one->sum ^ bytes[i]) * 16777619U;
    if (one->kind == ECHO_BACK || one->kind == BANNER)
        owe(one, bytes, length);
    if (one->kind == ANSWER) {
        memset(answer, 'r', sizeof answer);
        owe(one, answer, sizeof answer);
        pay(one);
        connection_finish(one, NULL);
    }
}

void connection_serve(struct connection *one)
{
    static unsigned char bytes[65536];
    ssize_t got = 1;
    while (one->kind != SILENT && (got = read(one->fd, bytes, sizeof bytes)) > 0)
        take(one, bytes, (size_t)got);
    if (got < 0 && errno != EAGAIN) {
        connection_end(one, errno == ECONNRESET ? "RESET" : strerrorname_np(errno));
        return;
    }
    if (!pay(one)) {
        connection_end(one, "RESET");
        return;
    }
    if (got == 0 && one->owed_length == 0) {
        connection_end(one, "EOF");
        return;
    }
    connection_watch(one, false, interest(one));
}

void connection_begin(struct connection *one)
{
    static const struct linger abort_it = {.l_onoff = 1, .l_linger = 0};
    if (one->kind == BANNER)
        owe(one, "welcome to this host", 20);
    if (one->kind == RESET) {
        setsockopt(one->fd, SOL_SOCKET, SO_LINGER, &abort_it, sizeof abort_it);
        connection_end(one, "reset");
        return;
    }
    if (one->kind == CLOSE)
        connection_finish(one, NULL);
    connection_watch(one, true, interest(one));
    connection_serve(one);
}
