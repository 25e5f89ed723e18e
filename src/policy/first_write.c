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
    size_t length;
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
    if (b->length <= record)
        return true;
    return b->length == record + sizeof(change_cipher_spec) &&
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

/* A byte that no line of a header has: a control character that is not a tab. Of some servers a NUL
 * ends the line, of others it is a part of it. */
static bool is_foreign_to_header(uint8_t byte)
{
    return (byte < 0x20 && byte != '\t') || byte == 0x7f;
}

/* The end of a line at `*i`: moves to its newline. A carriage return without one ends a line for
 * some servers alone; the very last byte may have its newline still to come. */
static bool is_line_end(const struct bytes *b, size_t *i)
{
    if (b->at[*i] == '\r') {
        if (*i + 1 == b->length)
            return true;
        ++*i;
    }
    return b->at[*i] == '\n';
}

/* One line of the header from `*i` on: moves behind it. False where servers may differ on where it
 * ends, or on whether it belongs to the line before (obs-fold, RFC 9112, 5.2). */
static bool skip_header_line(const struct bytes *b, size_t *i)
{
    if (b->at[*i] == ' ' || b->at[*i] == '\t')
        return false;
    while (*i < b->length && !is_foreign_to_header(b->at[*i]))
        ++*i;
    if (*i < b->length && !is_line_end(b, i))
        return false;
    ++*i;
    return true;
}

/*
 * One request, and nothing after its header: a body or a pipelined second request might do harm. A
 * header may end in a later write, of which nothing goes into the SYN. A bare newline ends a line,
 * as it does for lenient servers.
 */
static bool is_safe_http_request(const struct bytes *b)
{
    size_t target = safe_method(b), i = target == 0 ? 0 : request_line_end(b, target);

    if (i == 0)
        return false;
    i++;
    while (i < b->length) {
        size_t line = i;

        if (!skip_header_line(b, &i))
            return false;
        if (b->at[line] == '\r' || b->at[line] == '\n') /* the empty one */
            return i >= b->length;
    }
    return true;
}

/* Skips a name; 0 if it is not well-formed, or compressed. */
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

enum { DNS_OPT = 41, DNS_SIG = 24, DNS_TKEY = 249, DNS_TSIG = 250 };

/* Skips an additional record that says something of the query alone: EDNS, a signature; 0 for any
 * other. */
static size_t skip_dns_record(const struct bytes *b, size_t at)
{
    size_t data, end = skip_dns_name(b, at);
    unsigned type;

    if (end == 0 || b->length - end < 10)
        return 0;
    type = big_endian16(b->at + end);
    data = big_endian16(b->at + end + 8);
    end += 10;
    if (data > b->length - end || (type != DNS_OPT && type != DNS_SIG && type != DNS_TSIG))
        return 0;
    return end + data;
}

/* The header of a message that fills the write: a query with one question and no answers. */
static bool is_dns_query_header(const struct bytes *b)
{
    if (b->length < 2 + 12 + 5 || big_endian16(b->at) != b->length - 2)
        return false;
    /* QR, opcode, AA and TC are zero and RD may be set; RA, Z and RCODE are zero. */
    if ((b->at[4] & 0xfe) != 0 || (b->at[5] & 0xcf) != 0)
        return false;
    return big_endian16(b->at + 6) == 1 && big_endian16(b->at + 8) == 0 &&
           big_endian16(b->at + 10) == 0 && big_endian16(b->at + 12) <= 2;
}

/* One DNS query over TCP (RFC 1035, 4.2.2), but for one that has the server make or delete a key
 * (RFC 2930). */
static bool is_dns_query(const struct bytes *b)
{
    size_t end;

    if (!is_dns_query_header(b))
        return false;
    end = skip_dns_name(b, 14);
    if (end == 0 || b->length - end < 4 || big_endian16(b->at + end) == DNS_TKEY)
        return false;
    end += 4;
    for (unsigned left = big_endian16(b->at + 12); left > 0; left--) {
        end = skip_dns_record(b, end);
        if (end == 0)
            return false;
    }
    return end == b->length;
}

bool first_write_is_replay_safe(const void *bytes, size_t length, size_t total)
{
    const struct bytes b = {.at = bytes, .length = length};

    /* What was not shown may be anything. */
    if (length == 0 || length != total)
        return false;
    return is_client_hello(&b) || is_safe_http_request(&b) || is_dns_query(&b);
}
