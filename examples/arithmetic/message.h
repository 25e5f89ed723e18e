/* SPDX-License-Identifier: MIT */
/*
 * Messages of the arithmetic protocol: lines of text, the first of which says what the message is,
 * the others "Name: value"; an empty line ends the message. A connection carries one after another.
 */
#ifndef ARITHMETIC_MESSAGE_H
#define ARITHMETIC_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>

#define MESSAGE_MOST 512 /* bytes in a message, its closing empty line included */

/* What has been received on a connection and not been used. */
struct inbox {
    int socket;
    size_t length;
    char bytes[MESSAGE_MOST + 1];
};

enum received {
    RECEIVED_MESSAGE,
    RECEIVED_END,      /* the peer closed between two messages */
    RECEIVED_CUT,      /* the peer closed inside a message */
    RECEIVED_TOO_LONG, /* MESSAGE_MOST bytes and no empty line */
    RECEIVED_ERROR,    /* see errno */
};

/* Waits for the next message and copies it, '\0' at its end, to `message` of MESSAGE_MOST + 1. */
enum received message_receive(struct inbox *, char *message);

/* Sends the whole text; false with errno when that cannot be done. */
bool message_send(int socket, const char *text);

/* Copies the value of field `name` to `value`; false when it is missing, empty or too long. */
bool message_field(const char *message, const char *name, char *value, size_t size);

#endif
