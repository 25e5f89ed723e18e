/* SPDX-License-Identifier: MIT */
#include "policy/openings/opening.h"

/*
 * The PROXY protocol (HAProxy, proxy-protocol.txt, 2.1 and 2.2): a header that says between which
 * addresses the connection really is, and that a server reads before anything else. It is the
 * connection's alone, so what comes behind it decides whether both may come twice. A header that a
 * server might read otherwise than this does is none: what follows must begin where it says.
 */

/* Version 1 is a line. With its end it has at most so many bytes. */
enum { LONGEST_LINE = 107 };

static bool skip_text(const struct bytes *b, size_t *at, const char *text)
{
    if (!bytes_say(b, *at, text))
        return false;
    *at += strlen(text);
    return true;
}

/* A decimal number, which begins with a zero only if it is one. */
static bool skip_number(const struct bytes *b, size_t *at, unsigned largest)
{
    const size_t start = *at;
    unsigned number = 0;
    while (*at < b->length && b->at[*at] >= '0' && b->at[*at] <= '9' && number <= largest)
        number = 10 * number + b->at[(*at)++] - '0';
    return *at > start && number <= largest && (b->at[start] != '0' || *at == start + 1);
}

static bool skip_ipv4(const struct bytes *b, size_t *at)
{
    for (unsigned i = 0; i < 4; i++)
        if ((i > 0 && !skip_text(b, at, ".")) || !skip_number(b, at, 255))
            return false;
    return true;
}

/* One to four hexadecimal digits. */
static bool skip_group(const struct bytes *b, size_t *at)
{
    const size_t start = *at;
    while (*at < b->length && *at < start + 4 && b->at[*at] != 0 &&
           strchr("0123456789abcdefABCDEF", b->at[*at]))
        ++*at;
    return *at > start;
}

/* Eight groups, or fewer with one "::"; the protocol has no form with an IPv4 address in it. */
static bool skip_ipv6(const struct bytes *b, size_t *at)
{
    bool compressed = skip_text(b, at, "::"), may_end = compressed;
    unsigned groups = 0;
    while (skip_group(b, at)) {
        groups++;
        may_end = !compressed && skip_text(b, at, "::");
        compressed = compressed || may_end;
        if (!may_end && !skip_text(b, at, ":"))
            return compressed ? groups < 8 : groups == 8;
    }
    return may_end && groups < 8;
}

/* What is between "PROXY " and the line's end. */
static bool skip_addresses(const struct bytes *b, size_t *at)
{
    bool (*skip_address)(const struct bytes *, size_t *) = NULL;

    if (skip_text(b, at, "TCP4 "))
        skip_address = skip_ipv4;
    else if (skip_text(b, at, "TCP6 "))
        skip_address = skip_ipv6;
    if (skip_address)
        return skip_address(b, at) && skip_text(b, at, " ") && skip_address(b, at) &&
               skip_text(b, at, " ") && skip_number(b, at, 65535) && skip_text(b, at, " ") &&
               skip_number(b, at, 65535);
    if (!skip_text(b, at, "UNKNOWN"))
        return false;
    /* A server ignores the rest of the line. */
    if (skip_text(b, at, " "))
        while (*at < b->length && b->at[*at] >= 0x20 && b->at[*at] <= 0x7e)
            ++*at;
    return true;
}

static size_t version_1_header(const struct bytes *b)
{
    const size_t length = b->length < LONGEST_LINE ? b->length : LONGEST_LINE;
    const struct bytes line = {.at = b->at, .length = length};
    size_t at = 0;
    return skip_text(&line, &at, "PROXY ") && skip_addresses(&line, &at) &&
                   skip_text(&line, &at, "\r\n")
               ? at
               : 0;
}

/* Version 2: a signature, version and command, family and protocol, and the length of the rest. */
enum { VERSION_2_HEADER = 16, LOCAL = 0x20, PROXY = 0x21 };
enum { UNSPEC = 0x00, TCP_OVER_IPV4 = 0x11, TCP_OVER_IPV6 = 0x21 };

/* PP2_TYPE_ALPN, _AUTHORITY, _CRC32C, _NOOP, _UNIQUE_ID, _SSL and _NETNS (2.2.1 to 2.2.7). */
static bool is_known_type(uint8_t type)
{
    return (type >= 0x01 && type <= 0x05) || type == 0x20 || type == 0x30;
}

/* Types, lengths and values from `at` to the very end. */
static bool are_values(const struct bytes *b, size_t at)
{
    while (at < b->length) {
        if (b->length - at < 3 || !is_known_type(b->at[at]) ||
            bytes_be16(b->at + at + 1) > b->length - at - 3)
            return false;
        at += 3 + bytes_be16(b->at + at + 1);
    }
    return at == b->length;
}

static size_t version_2_header(const struct bytes *b)
{
    static const uint8_t signature[] = "\r\n\r\n\0\r\nQUIT\n";
    size_t addresses;
    if (b->length < VERSION_2_HEADER || !bytes_have(b, 0, signature, sizeof signature - 1) ||
        (b->at[12] != LOCAL && b->at[12] != PROXY))
        return 0;
    if (b->at[13] == UNSPEC)
        addresses = 0;
    else if (b->at[13] == TCP_OVER_IPV4)
        addresses = 2 * 4 + 2 * 2;
    else if (b->at[13] == TCP_OVER_IPV6)
        addresses = 2 * 16 + 2 * 2;
    else
        return 0;
    const size_t length = bytes_be16(b->at + 14);
    if (length < addresses || length > b->length - VERSION_2_HEADER)
        return 0;
    const struct bytes header = {.at = b->at, .length = VERSION_2_HEADER + length};
    return are_values(&header, VERSION_2_HEADER + addresses) ? header.length : 0;
}

size_t opening_proxy_header(const struct bytes *b)
{
    const size_t length = version_1_header(b);
    return length > 0 ? length : version_2_header(b);
}
