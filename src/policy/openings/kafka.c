/* SPDX-License-Identifier: MIT */
#include "policy/openings/opening.h"

/* The length, the API's key and version, the correlation id: what every request begins with. */
enum { KAFKA_HEADER = 4 + 2 + 2 + 4, KAFKA_API_VERSIONS = 18, KAFKA_LATEST = 4 };

/* Skips the client id, a NULLABLE_STRING; 0 if it is not whole. */
static size_t skip_client_id(const struct bytes *b, size_t at)
{
    size_t length;
    if (b->length - at < 2)
        return 0;
    length = bytes_be16(b->at + at);
    at += 2;
    if (length == 0xffff) /* null */
        return at;
    return length <= 0x7fff && length <= b->length - at ? at + length : 0;
}

/* Skips a COMPACT_STRING, which begins with its length plus one in a varint; 0 if it is null, not
 * whole, or so long that the varint takes a second byte. */
static size_t skip_compact_string(const struct bytes *b, size_t at)
{
    if (at >= b->length || b->at[at] == 0 || b->at[at] > 0x7f)
        return 0;
    return b->at[at] <= b->length - at ? at + b->at[at] : 0;
}

/* Skips a tag buffer that is empty; 0 for any other. */
static size_t skip_no_tags(const struct bytes *b, size_t at)
{
    return at < b->length && b->at[at] == 0 ? at + 1 : 0;
}

/*
 * One ApiVersions request (Kafka protocol guide, Protocol Primitive Types, Request Header and
 * ApiVersions; KIP-511 for version 3): a broker says which versions it speaks, before
 * authentication too. From version 3 on the header ends in a tag buffer, and the body has the name
 * and the version of the client's software and another tag buffer. Tags are refused, as their
 * meaning is not known, and so are later versions and a second request.
 */
bool opening_is_kafka(const struct bytes *b)
{
    unsigned version;
    size_t at;
    if (b->length < KAFKA_HEADER || bytes_be32(b->at) != b->length - 4 ||
        bytes_be16(b->at + 4) != KAFKA_API_VERSIONS)
        return false;
    version = bytes_be16(b->at + 6);
    at = skip_client_id(b, KAFKA_HEADER);
    if (at == 0 || version > KAFKA_LATEST)
        return false;
    if (version < 3)
        return at == b->length;
    at = skip_no_tags(b, at);
    if (at != 0)
        at = skip_compact_string(b, at);
    if (at != 0)
        at = skip_compact_string(b, at);
    return at != 0 && skip_no_tags(b, at) == b->length;
}
