/* SPDX-License-Identifier: MIT */
#include "policy/openings/opening.h"

/*
 * An HTTP/2 connection preface (RFC 9113, 3.4): 24 bytes, one SETTINGS frame, and then SETTINGS and
 * WINDOW_UPDATE frames of the connection (6.5, 6.9). They say how the client wants to be talked to;
 * a request needs a stream, and every frame on one is refused. Refused as well: the 24 bytes alone,
 * for a SETTINGS frame has to follow; an acknowledgement, for nothing is there to acknowledge;
 * settings whose meaning is not known here, although a server ignores those that it does not know.
 */

enum { FRAME_HEADER = 9, SETTINGS = 4, WINDOW_UPDATE = 8, SETTING = 6 };
enum { LARGEST_FRAME = 16384, LARGEST_INCREMENT = 0x7fffffff };

/* SETTINGS_HEADER_TABLE_SIZE to _MAX_HEADER_LIST_SIZE (RFC 9113, 6.5.2), _ENABLE_CONNECT_PROTOCOL
 * (RFC 8441), _NO_RFC7540_PRIORITIES (RFC 9218); and gRPC's for binary metadata and frames. */
static bool is_known_setting(unsigned identifier)
{
    return (identifier >= 1 && identifier <= 6) || identifier == 8 || identifier == 9 ||
           (identifier >= 0xfe03 && identifier <= 0xfe05);
}

static bool is_settings(const uint8_t *payload, size_t length)
{
    if (length % SETTING != 0 || length > LARGEST_FRAME)
        return false;
    for (size_t at = 0; at < length; at += SETTING)
        if (!is_known_setting(bytes_be16(payload + at)))
            return false;
    return true;
}

static bool is_window_update(const uint8_t *payload, size_t length)
{
    return length == 4 && bytes_be32(payload) > 0 && bytes_be32(payload) <= LARGEST_INCREMENT;
}

/* Moves behind a whole frame that is about the connection, without flags. */
static bool skip_connection_frame(const struct bytes *b, size_t *at, bool first)
{
    static const uint8_t no_flags_and_stream[5] = {0};
    if (b->length - *at < FRAME_HEADER)
        return false;
    const size_t length = bytes_be24(b->at + *at);
    const uint8_t type = b->at[*at + 3], *payload = b->at + *at + FRAME_HEADER;
    if (!bytes_have(b, *at + 4, no_flags_and_stream, sizeof no_flags_and_stream) ||
        length > b->length - *at - FRAME_HEADER)
        return false;
    *at += FRAME_HEADER + length;
    if (type == SETTINGS)
        return is_settings(payload, length);
    return type == WINDOW_UPDATE && !first && is_window_update(payload, length);
}

bool opening_is_http2(const struct bytes *b)
{
    static const char preface[] = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
    size_t at = strlen(preface);
    if (!bytes_say(b, 0, preface) || !skip_connection_frame(b, &at, true))
        return false;
    while (at < b->length)
        if (!skip_connection_frame(b, &at, false))
            return false;
    return true;
}
