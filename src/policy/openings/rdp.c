/* SPDX-License-Identifier: MIT */
#include "policy/openings/opening.h"

/*
 * A client's X.224 Connection Request ([MS-RDPBCGR], 2.2.1.1), in a TPKT of exactly its length (RFC
 * 1006, 6). The server answers which protection it takes, and the client has to go on. All lengths
 * have to agree, flags and parameters that are not RDP's (those of other protocols over TPKT) are
 * refused, and so is a routing token that is not "msts=".
 */

/* TPKT header; the X.224 header behind it, without its length indicator. */
enum { TPKT_HEADER = 4, X224_HEADER = 6, HEADERS = TPKT_HEADER + 1 + X224_HEADER };
enum { CONNECTION_REQUEST = 0xe0 };

/* RDP_NEG_REQ (2.2.1.1.1). Its flags: restricted admin, redirected authentication, and whether
 * RDP_NEG_CORRELATION_INFO (2.2.1.1.2) follows. Its protocols: TLS, CredSSP, RDSTLS, CredSSP with
 * early authorization, Azure AD. */
enum { NEG_REQ = 1, NEG_REQ_SIZE = 8, NEG_FLAGS = 0x0b, NEG_PROTOCOLS = 0x1f };
enum { CORRELATION_INFO_PRESENT = 0x08, CORRELATION_INFO = 6, CORRELATION_INFO_SIZE = 36 };

/* A routing token or cookie, at `*at` or not there; moves behind its line's end. */
static bool skip_cookie(const struct bytes *b, size_t *at)
{
    static const char user[] = "Cookie: mstshash=", token[] = "Cookie: msts=";
    size_t i = *at;
    if (bytes_say(b, i, user))
        i += strlen(user);
    else if (bytes_say(b, i, token))
        i += strlen(token);
    else
        return true;
    const size_t value = i;
    while (i < b->length && b->at[i] >= 0x20 && b->at[i] <= 0x7e)
        i++;
    *at = i + 2;
    return i > value && bytes_say(b, i, "\r\n");
}

/* A type, flags, and the length of the whole in two bytes, the low one first. */
static bool is_structure(const uint8_t *at, uint8_t type, uint8_t flags, uint8_t length)
{
    return at[0] == type && (at[1] & ~flags) == 0 && at[2] == length && at[3] == 0;
}

static bool is_negotiation(const struct bytes *b)
{
    static const uint8_t reserved[16] = {0};
    if (b->length < NEG_REQ_SIZE || !is_structure(b->at, NEG_REQ, NEG_FLAGS, NEG_REQ_SIZE) ||
        (bytes_le32(b->at + 4) & ~(uint32_t)NEG_PROTOCOLS) != 0)
        return false;
    if ((b->at[1] & CORRELATION_INFO_PRESENT) == 0)
        return b->length == NEG_REQ_SIZE;
    return b->length == NEG_REQ_SIZE + CORRELATION_INFO_SIZE &&
           is_structure(b->at + NEG_REQ_SIZE, CORRELATION_INFO, 0, CORRELATION_INFO_SIZE) &&
           bytes_have(b, NEG_REQ_SIZE + 4 + 16, reserved, sizeof reserved);
}

bool opening_is_rdp(const struct bytes *b)
{
    size_t at = HEADERS;
    if (b->length < HEADERS || b->at[0] != 3 || b->at[1] != 0 || bytes_be16(b->at + 2) != b->length)
        return false;
    /* The length indicator counts what is behind it. 255 is reserved. The request is to nobody yet
     * (DST-REF), and of class 0. */
    if (b->at[4] == 255 || b->at[4] != b->length - TPKT_HEADER - 1 ||
        b->at[5] != CONNECTION_REQUEST || bytes_be16(b->at + 6) != 0 || b->at[10] != 0)
        return false;
    if (!skip_cookie(b, &at))
        return false;
    const struct bytes rest = bytes_from(b, at);
    return rest.length == 0 || is_negotiation(&rest);
}
