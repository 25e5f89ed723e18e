/* SPDX-License-Identifier: MIT */
#include "policy/openings/opening.h"

/* Of the text protocol the longest key; of the binary one the header, and a request's magic. */
enum { MEMCACHED_KEY = 250, MEMCACHED_HEADER = 24, MEMCACHED_REQUEST = 0x80 };

/* Skips the keys from `at` on, each after one space and up to the line's end, and that; 0 if they
 * are not that, or there is none. */
static size_t skip_keys(const struct bytes *b, size_t at)
{
    do {
        size_t key = at + 1;
        if (at >= b->length || b->at[at] != ' ')
            return 0;
        at = key;
        while (at < b->length && b->at[at] > ' ' && b->at[at] != 0x7f)
            at++;
        if (at == key || at - key > MEMCACHED_KEY)
            return 0;
    } while (!bytes_say(b, at, "\r\n"));
    return at + 2;
}

/* Skips one line that reads; 0 for any other. */
static size_t skip_text(const struct bytes *b, size_t at)
{
    static const char lines[][10] = {"version\r\n", "stats\r\n", "mn\r\n"};
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++)
        if (bytes_say(b, at, lines[i]))
            return at + strlen(lines[i]);
    if (bytes_say(b, at, "get "))
        return skip_keys(b, at + 3);
    return bytes_say(b, at, "gets ") ? skip_keys(b, at + 4) : 0;
}

/* Does the opcode read, and go with a key or without as it must? */
static bool reads(uint8_t opcode, size_t key)
{
    switch (opcode) {
    case 0x00: /* GET */
    case 0x09: /* GETQ */
    case 0x0c: /* GETK */
    case 0x0d: /* GETKQ */
        return key > 0 && key <= MEMCACHED_KEY;
    case 0x0a: /* NOOP */
    case 0x0b: /* VERSION */
        return key == 0;
    default:
        return false;
    }
}

/* Skips one request of the binary protocol that reads: a header with no extras, no data type, no
 * virtual bucket and no CAS, and a key and no value; 0 for any other. */
static size_t skip_binary(const struct bytes *b, size_t at)
{
    static const uint8_t none[8];
    size_t key;
    if (b->length - at < MEMCACHED_HEADER || b->at[at] != MEMCACHED_REQUEST)
        return 0;
    key = bytes_be16(b->at + at + 2);
    if (!reads(b->at[at + 1], key) || !bytes_have(b, at + 4, none, 4) ||
        bytes_be32(b->at + at + 8) != key || !bytes_have(b, at + 16, none, 8))
        return 0;
    at += MEMCACHED_HEADER;
    return key <= b->length - at ? at + key : 0;
}

/*
 * Requests that read, one or more, all of the text protocol or all of the binary one (memcached,
 * protocol.txt, "Retrieval command", "Statistics"; binary protocol, "Packet Structure" and
 * "Commands"). Retrieval leaves items as they are; gat and touch change when they expire, the meta
 * commands may do so by a flag, and `stats` with an argument may reset: all these are refused. So
 * is what a lenient server may read otherwise: a bare newline, two spaces, upper case, a control
 * character in a key.
 *
 * The bytes cannot say that the server is a cache, so the caller knows the port to be 11211: of
 * queues that speak this protocol (Kestrel, Starling, MemcacheQ) a get takes an item away.
 */
bool opening_is_memcached(const struct bytes *b)
{
    const bool binary = b->length > 0 && b->at[0] == MEMCACHED_REQUEST;
    size_t at = 0;
    do {
        at = binary ? skip_binary(b, at) : skip_text(b, at);
    } while (at != 0 && at < b->length);
    return at != 0;
}
