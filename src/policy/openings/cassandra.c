/* SPDX-License-Identifier: MIT */
#include "policy/openings/opening.h"

enum { CASSANDRA_HEADER = 9, CASSANDRA_STARTUP = 0x01, CASSANDRA_OPTIONS = 0x05 };

/* A flag of version 5 alone: the client knows that the version may still change. */
enum { CASSANDRA_USE_BETA = 0x10 };

/* The version, the flags and the stream of a request whose body fills the write. The flags for a
 * compressed body, a custom payload and tracing, which writes a session into tables, are refused;
 * the streams below zero are the server's. */
static bool is_cassandra_header(const struct bytes *b)
{
    if (b->length < CASSANDRA_HEADER || b->at[0] < 3 || b->at[0] > 5)
        return false;
    if (b->at[1] != 0 && !(b->at[0] == 5 && b->at[1] == CASSANDRA_USE_BETA))
        return false;
    return (b->at[2] & 0x80) == 0 && bytes_be32(b->at + 5) == b->length - CASSANDRA_HEADER;
}

/* Skips a [string]; 0 if it is not whole. */
static size_t skip_cassandra_string(const struct bytes *b, size_t at)
{
    if (b->length - at < 2 || bytes_be16(b->at + at) > b->length - at - 2)
        return 0;
    return at + 2 + bytes_be16(b->at + at);
}

/* The bit of the option whose name is the [string] from `at` up to `end`; 0 if it is not known. The
 * first one's is CQL_VERSION's. All say how this one connection talks, or who is at its end. */
static unsigned startup_option(const struct bytes *b, size_t at, size_t end)
{
    static const char options[][20] = {
        "CQL_VERSION", "COMPRESSION",    "NO_COMPACT",       "THROW_ON_OVERLOAD",  "DRIVER_NAME",
        "CLIENT_ID",   "DRIVER_VERSION", "APPLICATION_NAME", "APPLICATION_VERSION"};
    for (size_t i = 0; i < sizeof options / sizeof options[0]; i++)
        if (end - at - 2 == strlen(options[i]) && bytes_say(b, at + 2, options[i]))
            return 1u << i;
    return 0;
}

/* A [string map] that fills the body, of options that are known, each of them once. */
static bool is_startup_body(const struct bytes *b)
{
    size_t at = CASSANDRA_HEADER + 2;
    unsigned seen = 0;
    if (b->length < at)
        return false;
    for (unsigned left = bytes_be16(b->at + CASSANDRA_HEADER); left > 0; left--) {
        size_t value = skip_cassandra_string(b, at);
        unsigned option = value == 0 ? 0 : startup_option(b, at, value);
        if (option == 0 || (seen & option) != 0)
            return false;
        seen |= option;
        at = skip_cassandra_string(b, value);
        if (at == 0)
            return false;
    }
    return at == b->length && (seen & 1) != 0;
}

/*
 * One frame with an OPTIONS or a STARTUP (CQL native protocol v3, v4 and v5, 2, 4.1.1 and 4.1.3):
 * the server says what it supports, is ready, or asks for authentication. In v5, too, these two are
 * not in the outer frames that later messages are in (v5, "Initial Handshake"). A query, a
 * REGISTER, an AUTH_RESPONSE and a second frame are refused.
 */
bool opening_is_cassandra(const struct bytes *b)
{
    if (!is_cassandra_header(b))
        return false;
    if (b->at[4] == CASSANDRA_OPTIONS)
        return b->length == CASSANDRA_HEADER;
    return b->at[4] == CASSANDRA_STARTUP && is_startup_body(b);
}
