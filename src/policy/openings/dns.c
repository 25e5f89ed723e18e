/* SPDX-License-Identifier: MIT */
#include "policy/openings/opening.h"

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
    type = bytes_be16(b->at + end);
    data = bytes_be16(b->at + end + 8);
    end += 10;
    if (data > b->length - end || (type != DNS_OPT && type != DNS_SIG && type != DNS_TSIG))
        return 0;
    return end + data;
}

/* The header of a message that fills the write: a query with one question and no answers. */
static bool is_dns_query_header(const struct bytes *b)
{
    if (b->length < 2 + 12 + 5 || bytes_be16(b->at) != b->length - 2)
        return false;
    /* QR, opcode, AA and TC are zero and RD may be set; RA, Z and RCODE are zero. */
    if ((b->at[4] & 0xfe) != 0 || (b->at[5] & 0xcf) != 0)
        return false;
    return bytes_be16(b->at + 6) == 1 && bytes_be16(b->at + 8) == 0 &&
           bytes_be16(b->at + 10) == 0 && bytes_be16(b->at + 12) <= 2;
}

/* One DNS query over TCP (RFC 1035, 4.2.2), but for one that has the server make or delete a key
 * (RFC 2930). */
bool opening_is_dns(const struct bytes *b)
{
    size_t end;
    if (!is_dns_query_header(b))
        return false;
    end = skip_dns_name(b, 14);
    if (end == 0 || b->length - end < 4 || bytes_be16(b->at + end) == DNS_TKEY)
        return false;
    end += 4;
    for (unsigned left = bytes_be16(b->at + 12); left > 0; left--) {
        end = skip_dns_record(b, end);
        if (end == 0)
            return false;
    }
    return end == b->length;
}
