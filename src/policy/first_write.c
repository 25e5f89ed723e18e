/* SPDX-License-Identifier: MIT */
/*
 * Nothing here reads a byte that it was not given, and every doubt is answered with false: that
 * costs one round trip, while a wrong true can have an order placed twice.
 */
#include "policy/first_write.h"

#include <stdint.h>
#include <string.h>

struct bytes {
    const uint8_t *at;
    size_t length; /* in view */
    size_t total;  /* of the whole write */
};

static unsigned big_endian16(const uint8_t *at)
{
    return (unsigned)at[0] << 8 | at[1];
}

/*
 * One TLS record that holds one ClientHello. After it there may be the ChangeCipherSpec that
 * TLS 1.3 sends for the sake of middleboxes (RFC 8446, D.4), but nothing else: what follows a
 * ClientHello in the same write is 0-RTT data, which is the application's and subject to replay.
 */
static bool is_client_hello(const struct bytes *b)
{
    static const uint8_t change_cipher_spec[] = {0x14, 0x03, 0x03, 0x00, 0x01, 0x01};
    size_t record, message;

    if (b->length < 9 || b->at[0] != 0x16 || b->at[1] != 0x03 || b->at[2] > 0x04)
        return false;
    record = big_endian16(b->at + 3);
    message = (size_t)b->at[6] << 16 | big_endian16(b->at + 7);
    /* The shortest hello: version, random, empty session id, one suite, one compression method. */
    if (b->at[5] != 0x01 || record != message + 4 || record > 16384 || message < 41)
        return false;
    record += 5;
    if (b->total <= record)
        return true;
    return b->total == record + sizeof(change_cipher_spec) && b->length == b->total &&
           memcmp(b->at + record, change_cipher_spec, sizeof(change_cipher_spec)) == 0;
}

/* The length of the method and the space after it, 0 for any method but the safe ones (RFC 9110,
 * 9.2.1) that are in use. */
static size_t safe_method(const struct bytes *b)
{
    static const char methods[][9] = {"GET ", "HEAD ", "OPTIONS "};

    for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++) {
        size_t length = strlen(methods[i]);

        if (b->length > length && memcmp(b->at, methods[i], length) == 0)
            return length;
    }
    return 0;
}

/* Where the request line's newline is, 0 if this is no HTTP/1.x request line that can be seen
 * whole. */
static size_t request_line_end(const struct bytes *b, size_t target)
{
    static const char version[] = " HTTP/1.";
    size_t i = target;

    while (i < b->length && b->at[i] > 0x20 && b->at[i] != 0x7f)
        i++;
    if (i == target || b->length - i < sizeof(version) + 1 ||
        memcmp(b->at + i, version, sizeof(version) - 1) != 0)
        return 0;
    i += sizeof(version) - 1;
    if (b->at[i] < '0' || b->at[i] > '9')
        return 0;
    i++;
    if (b->at[i] == '\r')
        i++;
    return i < b->length && b->at[i] == '\n' ? i : 0;
}

/*
 * One request, and nothing after its header: a body or a pipelined second request might do harm. A
 * header that does not end within the bytes in view is fine, as no later byte goes into the SYN
 * (see first_write.h). A bare newline ends a line, as it does for lenient servers.
 */
static bool is_safe_http_request(const struct bytes *b)
{
    size_t target = safe_method(b), i = target == 0 ? 0 : request_line_end(b, target);

    if (i == 0)
        return false;
    for (; i + 1 < b->length; i++) {
        size_t next = i + 1;

        if (b->at[i] != '\n')
            continue;
        if (b->at[next] == '\r')
            next++;
        if (next < b->length && b->at[next] == '\n')
            return next + 1 == b->total;
    }
    return true;
}

/* Skips the name of the question; 0 if it is not well-formed. */
static size_t skip_dns_name(const struct bytes *b, size_t at)
{
    const size_t limit = at + 255 < b->length ? at + 255 : b->length;

    while (at < limit && b->at[at] != 0) {
        if (b->at[at] > 63)
            return 0;
        at += b->at[at] + 1u;
    }
    return at < limit ? at + 1 : 0;
}

/*
 * One DNS query over TCP (RFC 1035, 4.2.2): opcode QUERY, one question, no answers. There may be
 * additional records: EDNS, cookies, a signature.
 */
static bool is_dns_query(const struct bytes *b)
{
    size_t end;

    if (b->length != b->total || b->length < 2 + 12 + 5 || big_endian16(b->at) != b->total - 2)
        return false;
    /* QR, opcode, AA and TC are zero and RD may be set; RA, Z and RCODE are zero. */
    if ((b->at[4] & 0xfe) != 0 || (b->at[5] & 0xcf) != 0)
        return false;
    if (big_endian16(b->at + 6) != 1 || big_endian16(b->at + 8) != 0 ||
        big_endian16(b->at + 10) != 0 || big_endian16(b->at + 12) > 2)
        return false;
    end = skip_dns_name(b, 14);
    if (end == 0 || b->length - end < 4)
        return false;
    return big_endian16(b->at + 12) > 0 || end + 4 == b->total;
}

bool first_write_is_replay_safe(const void *bytes, size_t length, size_t total)
{
    const struct bytes b = {.at = bytes, .length = length, .total = total};

    if (length == 0 || length > total)
        return false;
    return is_client_hello(&b) || is_safe_http_request(&b) || is_dns_query(&b);
}
