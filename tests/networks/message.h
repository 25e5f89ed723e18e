/* SPDX-License-Identifier: MIT */
/*
 * What a client sends and a server answers. Every byte follows from the transfer's number and from
 * its place: one that is lost, doubled, moved or another transfer's is a wrong one.
 */
#ifndef NETWORKS_MESSAGE_H
#define NETWORKS_MESSAGE_H

#include <stddef.h>
#include <stdint.h>

/* A longer message begins with its length and its number, one of a single byte with the number's
 * end. */
#define MESSAGE_HEADER 8
#define MESSAGE_MAX 0xffffff
#define MESSAGE_TAG 0x7f

#define ANSWER_MAX 1400
#define GREETING "HELLO\n"

struct message {
    uint32_t number;
    size_t length;
};

/* `length` bytes of the message, from `at` on. */
void message_fill(const struct message *message, size_t at, unsigned char *bytes, size_t length);
size_t message_count_wrong(const struct message *message, size_t at, const unsigned char *bytes,
                           size_t length);

/* How much of the header is to be read before the next look. */
size_t message_header_left(const unsigned char *header, size_t got);

/* The message that a whole header announces; no length: it is none. */
struct message message_read_header(const unsigned char *header);

size_t answer_length(const struct message *message);
void answer_fill(const struct message *message, unsigned char *bytes);
size_t answer_count_wrong(const struct message *message, size_t at, const unsigned char *bytes,
                          size_t length);

#endif
