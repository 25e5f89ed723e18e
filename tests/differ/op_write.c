/* SPDX-License-Identifier: MIT */
#include <err.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "write_calls.h"

static void output_make(struct output *out, const struct line *line, int kind)
{
    long size = number_of(line, kind + 1);
    out->slot = slot_of(line, 1);
    out->number = line->number;
    out->size = (size_t)size;
    out->bytes = malloc(out->size + 1);
    if (!out->bytes)
        err(2, "cannot allocate");
    payload_fill(word_of(line, kind),
                 kind + 2 < line->count ? (int)number_of(line, kind + 2) : (int)(line - lines),
                 out->bytes, out->size);
    out->bytes[out->size] = '\0';
}

/* write SLOT CALL KIND SIZE [SALT]: the same salt makes the same bytes */
static void perform_write(struct run *run, const struct line *line)
{
    struct output out;
    output_make(&out, line, 3);
    for (const struct write_call *one = write_calls; one->name; one++)
        if (word_is(line, 2, one->name))
            say(run, one->call(&out), "%s", "");
    free(out.bytes);
}

/* writen SLOT KIND SIZE: all of it, with a poll where it would block */
static void perform_writen(struct run *run, const struct line *line)
{
    struct output out;
    unsigned char *bytes;
    size_t left;
    long done = 0;
    output_make(&out, line, 2);
    bytes = out.bytes;
    for (left = out.size; left > 0; left -= (size_t)done, bytes += done) {
        struct pollfd poll_one = {.fd = out.slot->fd, .events = POLLOUT};
        done = write(out.slot->fd, bytes, left);
        if (done < 0 && errno == EAGAIN && poll(&poll_one, 1, 3000) == 1)
            done = 0;
        if (done < 0)
            break;
    }
    say(run, left ? -1 : (long)out.size, "%s", "");
    free(out.bytes);
}

/* fill SLOT: without waiting, until no more is taken; how much that is does not matter. */
static void perform_fill(struct run *run, const struct line *line)
{
    static const unsigned char bytes[65536];
    int fd = slot_of(line, 1)->fd;
    long done;
    do
        done = send(fd, bytes, sizeof bytes, MSG_DONTWAIT | MSG_NOSIGNAL);
    while (done > 0);
    say(run, done, "%s", "");
}

const struct operation write_operations[] = {
    {"write", perform_write}, {"writen", perform_writen}, {"fill", perform_fill}, {NULL, NULL}};
