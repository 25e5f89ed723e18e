/* SPDX-License-Identifier: MIT */
#include "message.h"

/* Set in the only byte of a message of one, where a longer one has the upper half of its length. */
#define SHORT_BIT 0x80

static unsigned char scattered(uint32_t number, size_t at)
{
    uint32_t x = number * 0x9e3779b1u + (uint32_t)at;
    x = (x ^ x >> 16) * 0x85ebca6bu;
    x = (x ^ x >> 13) * 0xc2b2ae35u;
    return (unsigned char)(x >> 24);
}

static unsigned char message_byte(const struct message *message, size_t at)
{
    if (message->length == 1)
        return SHORT_BIT | (message->number & MESSAGE_TAG);
    if (at < 4)
        return (unsigned char)(message->length >> (24 - at * 8));
    if (at < MESSAGE_HEADER)
        return (unsigned char)(message->number >> (56 - at * 8));
    return scattered(message->number, at);
}

/* Never what was sent: a byte that comes back by itself is a wrong one. */
static unsigned char answer_byte(const struct message *message, size_t at)
{
    return (unsigned char)~message_byte(message, at);
}

void message_fill(const struct message *message, size_t at, unsigned char *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++)
        bytes[i] = message_byte(message, at + i);
}

size_t message_count_wrong(const struct message *message, size_t at, const unsigned char *bytes,
                           size_t length)
{
    size_t wrong = 0;
    for (size_t i = 0; i < length; i++)
        wrong += bytes[i] != message_byte(message, at + i);
    return wrong;
}

size_t message_header_left(const unsigned char *header, size_t got)
{
    if (got == 0)
        return 1;
    return header[0] & SHORT_BIT ? 0 : MESSAGE_HEADER - got;
}

static uint32_t get32(const unsigned char *at)
{
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

struct message message_read_header(const unsigned char *header)
{
    struct message message = {.number = header[0] & MESSAGE_TAG, .length = 1};
    if (header[0] & SHORT_BIT)
        return message;
    message.number = get32(header + 4);
    message.length = get32(header);
    if (message.length < MESSAGE_HEADER || message.length > MESSAGE_MAX)
        message.length = 0;
    return message;
}

size_t answer_length(const struct message *message)
{
    return message->length < ANSWER_MAX ? message->length : ANSWER_MAX;
}

void answer_fill(const struct message *message, unsigned char *bytes)
{
    for (size_t i = 0; i < answer_length(message); i++)
        bytes[i] = answer_byte(message, i);
}

/* What comes after the answer's end is wrong, too. */
size_t answer_count_wrong(const struct message *message, size_t at, const unsigned char *bytes,
                          size_t length)
{
    size_t wrong = 0;
    for (size_t i = 0; i < length; i++)
        wrong += at + i >= answer_length(message) || bytes[i] != answer_byte(message, at + i);
    return wrong;
}
