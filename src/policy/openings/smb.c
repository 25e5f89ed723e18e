/* SPDX-License-Identifier: MIT */
#include "policy/openings/opening.h"

/*
 * One SMB NEGOTIATE over TCP ([MS-SMB2], 2.1): of SMB 1 ([MS-CIFS], 2.2.4.52.1), as clients send it
 * that offer SMB 2 with it, or of SMB 2 and 3 ([MS-SMB2], 2.2.3). The server says which dialect and
 * what it can do; files take a session, which takes authentication. Refused: answers, signed,
 * asynchronous or compounded messages, more than one message, and fields that are not what a first
 * message has. Messages over NetBIOS (port 139) begin with a session request, which is refused.
 */

enum { TRANSPORT = 4 };

static unsigned le16(const uint8_t *at)
{
    return (unsigned)at[1] << 8 | at[0];
}

static bool is_zero(const uint8_t *at, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if (at[i] != 0)
            return false;
    return true;
}

/* [MS-CIFS] and [MS-SMB], 2.2.3.1. Flags: SMB_FLAGS_CASE_INSENSITIVE and _CANONICALIZED_PATHS,
 * which leaves _REPLY out. Flags2: those that are defined. */
enum { SMB1_HEADER = 32, SMB1_FLAGS = 0x18, SMB1_FLAGS2 = 0xfc5f };

/* Dialects: 2, a name, NUL, again and again. */
static bool are_smb1_dialects(const uint8_t *at, size_t length)
{
    bool in_name = false;
    for (size_t i = 0; i < length; i++) {
        if (!in_name && at[i] != 2)
            return false;
        if (in_name && at[i] != 0 && (at[i] < 0x20 || at[i] > 0x7e))
            return false;
        in_name = !in_name || at[i] != 0;
    }
    return length > 2 && !in_name;
}

static bool is_smb1_negotiate(const struct bytes *m)
{
    const uint8_t *header = m->at, *words = header + SMB1_HEADER;
    if (m->length < SMB1_HEADER + 3 || !bytes_say(m, 0, "\xffSMB\x72"))
        return false;
    /* No status; PIDHigh, which is any; no signature; nothing in the reserved. */
    if (!is_zero(header + 5, 4) || (header[9] & ~SMB1_FLAGS) != 0 ||
        (le16(header + 10) & ~(unsigned)SMB1_FLAGS2) != 0 || !is_zero(header + 14, 10))
        return false;
    return words[0] == 0 && le16(words + 1) == m->length - SMB1_HEADER - 3 &&
           are_smb1_dialects(words + 3, m->length - SMB1_HEADER - 3);
}

/* [MS-SMB2], 2.2.1.2 and 2.2.3. */
enum { SMB2_HEADER = 64, SMB2_NEGOTIATE = 36, SMB2_SIGNING = 3, SMB2_CAPABILITIES = 0xff };

/* No status, command 0, no flags, no next command, message 0, no tree, no session, no signature. Of
 * credits there may be any; and the process may be any, which is Reserved now. */
static bool is_smb2_header(const uint8_t *header)
{
    return le16(header + 4) == SMB2_HEADER && is_zero(header + 8, 6) && is_zero(header + 16, 16) &&
           is_zero(header + 36, 28);
}

/* PREAUTH_INTEGRITY_CAPABILITIES, ENCRYPTION_, COMPRESSION_, NETNAME, TRANSPORT_, RDMA_TRANSFORM_
 * and SIGNING_ (2.2.3.1), and the POSIX extensions of Samba and Linux. */
static bool is_known_context(unsigned type)
{
    return (type >= 1 && type <= 8 && type != 4) || type == 0x100;
}

static size_t to_multiple_of_8(size_t at)
{
    return (at + 7) & ~(size_t)7;
}

/* 2.0.2, 2.1, 3.0, 3.0.2 and 3.1.1. */
static bool is_known_dialect(unsigned dialect)
{
    return dialect == 0x0202 || dialect == 0x0210 || dialect == 0x0300 || dialect == 0x0302 ||
           dialect == 0x0311;
}

/* All that is left of the message from `at` on, in parts that begin at multiples of 8 bytes. */
static bool are_smb2_contexts(const struct bytes *m, size_t at, unsigned count)
{
    if (count == 0)
        return false;
    for (; count > 0; count--) {
        const size_t start = to_multiple_of_8(at);
        if (m->length < start || m->length - start < 8 || !is_zero(m->at + at, start - at))
            return false;
        const uint8_t *context = m->at + start;
        if (!is_known_context(le16(context)) || !is_zero(context + 4, 4) ||
            le16(context + 2) > m->length - start - 8)
            return false;
        at = start + 8 + le16(context + 2);
    }
    /* Some clients fill up the last one as well. */
    return m->length <= to_multiple_of_8(at) && is_zero(m->at + at, m->length - at);
}

static bool is_smb2_negotiate(const struct bytes *m)
{
    const uint8_t *request = m->at + SMB2_HEADER;
    size_t at = SMB2_HEADER + SMB2_NEGOTIATE;
    bool has_contexts = false; /* SMB 3.1.1 alone has them. */
    if (m->length < at || !bytes_say(m, 0, "\xfeSMB") || !is_smb2_header(m->at))
        return false;
    const unsigned dialects = le16(request + 2);
    if (le16(request) != SMB2_NEGOTIATE || dialects == 0 || 2 * (size_t)dialects > m->length - at ||
        (request[4] & ~SMB2_SIGNING) != 0 || !is_zero(request + 5, 3) ||
        (bytes_le32(request + 8) & ~(uint32_t)SMB2_CAPABILITIES) != 0)
        return false;
    for (unsigned i = 0; i < dialects; i++, at += 2) {
        if (!is_known_dialect(le16(m->at + at)))
            return false;
        has_contexts = has_contexts || le16(m->at + at) == 0x0311;
    }
    if (!has_contexts)
        return at == m->length && is_zero(request + 28, 8);
    return bytes_le32(request + 28) == to_multiple_of_8(at) && is_zero(request + 34, 2) &&
           are_smb2_contexts(m, at, le16(request + 32));
}

bool opening_is_smb(const struct bytes *b)
{
    if (b->length <= TRANSPORT || b->at[0] != 0 || bytes_be24(b->at + 1) != b->length - TRANSPORT)
        return false;
    const struct bytes message = bytes_from(b, TRANSPORT);
    return is_smb1_negotiate(&message) || is_smb2_negotiate(&message);
}
