/* SPDX-License-Identifier: MIT */
#include "message.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

enum received message_receive(struct inbox *inbox, char *message)
{
    for (;;) {
        inbox->bytes[inbox->length] = '\0';
        const char *end = strstr(inbox->bytes, "\n\n");
        if (end != NULL) {
            size_t length = (size_t)(end - inbox->bytes) + 2;
            memcpy(message, inbox->bytes, length);
            message[length] = '\0';
            inbox->length -= length;
            memmove(inbox->bytes, inbox->bytes + length, inbox->length);
            return RECEIVED_MESSAGE;
        }
        if (inbox->length == MESSAGE_MOST)
            return RECEIVED_TOO_LONG;
        ssize_t got =
            recv(inbox->socket, inbox->bytes + inbox->length, MESSAGE_MOST - inbox->length, 0);
        if (got == 0)
            return inbox->length == 0 ? RECEIVED_END : RECEIVED_CUT;
        if (got < 0 && errno != EINTR)
            return RECEIVED_ERROR;
        inbox->length += got > 0 ? (size_t)got : 0;
    }
}

bool message_send(int socket, const char *text)
{
    size_t left = strlen(text);
    while (left > 0) {
        ssize_t sent = send(socket, text, left, MSG_NOSIGNAL);
        if (sent < 0 && errno != EINTR)
            return false;
        if (sent > 0) {
            text += sent;
            left -= (size_t)sent;
        }
    }
    return true;
}

bool message_field(const char *message, const char *name, char *value, size_t size)
{
    size_t length = strlen(name);
    /* Every line but the first is a field, and the first ends somewhere: there is an empty line. */
    for (const char *line = strchr(message, '\n'); line != NULL; line = strchr(line, '\n')) {
        line++;
        if (strncmp(line, name, length) != 0 || strncmp(line + length, ": ", 2) != 0)
            continue;
        const char *start = line + length + 2;
        size_t found = strcspn(start, "\n");
        if (found == 0 || found >= size)
            return false;
        memcpy(value, start, found);
        value[found] = '\0';
        return true;
    }
    return false;
}
