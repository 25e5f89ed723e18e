/* SPDX-License-Identifier: MIT */
#include "policy/openings/opening.h"

/*
 * An AMQP protocol header (AMQP 0-9-1, 4.2.2; AMQP 1.0, 2.2, 5.2 and 5.3): the server answers
 * with its own part of the handshake, or with the header that it wants and a close. Nothing is
 * opened before the client has answered that in turn. What clients pipeline after the header, an
 * open or a SASL frame, is refused: it may authenticate.
 */
bool opening_is_amqp(const struct bytes *b)
{
    static const uint8_t versions[][4] = {
        {0, 0, 9, 1},  /* 0-9-1 */
        {1, 1, 8, 0},  /* 0-8 */
        {1, 1, 0, 9},  /* 0-9 */
        {1, 1, 0, 10}, /* 0-10 */
        {0, 1, 0, 0},  /* 1.0 */
        {2, 1, 0, 0},  /* 1.0, TLS */
        {3, 1, 0, 0},  /* 1.0, SASL */
    };
    if (b->length != 8 || !bytes_say(b, 0, "AMQP"))
        return false;
    for (size_t i = 0; i < sizeof versions / sizeof versions[0]; i++)
        if (bytes_have(b, 4, versions[i], sizeof versions[i]))
            return true;
    return false;
}
