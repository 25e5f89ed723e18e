/* SPDX-License-Identifier: MIT */
#include "policy/openings/opening.h"

/* Of the wire protocol: the header's size and two opcodes. */
enum { MONGODB_HEADER = 16, MONGODB_OP_QUERY = 2004, MONGODB_OP_MSG = 2013 };

/* Types of a BSON element (bsonspec.org, 1.1). */
enum bson {
    BSON_DOUBLE = 0x01,
    BSON_STRING = 0x02,
    BSON_DOCUMENT = 0x03,
    BSON_ARRAY = 0x04,
    BSON_BOOLEAN = 0x08,
    BSON_INT32 = 0x10,
    BSON_INT64 = 0x12
};

/* The size of a string, a document or an array: `counted` of what its length at `at` does not
 * count, and what it counts, at least `least` and with a zero at its end; 0 if that is not so. */
static size_t bson_sized(const struct bytes *b, size_t at, size_t counted, size_t least)
{
    size_t length, left = b->length - at;
    if (left < 4)
        return 0;
    length = bytes_le32(b->at + at);
    if (length < least || length > left - counted)
        return 0;
    return b->at[at + counted + length - 1] == 0 ? counted + length : 0;
}

/* Skips a value; 0 if it is not whole, or of a type that no hello has. What is in a document or an
 * array is not looked at: a server takes it for the client's description of itself. */
static size_t skip_bson(const struct bytes *b, size_t at, uint8_t type)
{
    size_t size = 0;
    switch (type) {
    case BSON_DOUBLE:
    case BSON_INT64:
        size = 8;
        break;
    case BSON_INT32:
        size = 4;
        break;
    case BSON_BOOLEAN:
        size = 1;
        break;
    case BSON_STRING:
        size = bson_sized(b, at, 4, 1);
        break;
    case BSON_DOCUMENT:
    case BSON_ARRAY:
        size = bson_sized(b, at, 0, 5);
        break;
    }
    return size != 0 && size <= b->length - at ? at + size : 0;
}

/* Skips the first element, which names the command: a hello and a number or a boolean; 0 for any
 * other. */
static size_t skip_hello(const struct bytes *b, size_t at)
{
    static const char names[][9] = {"hello", "ismaster", "isMaster"};
    uint8_t type = b->at[at];
    if (type != BSON_DOUBLE && type != BSON_BOOLEAN && type != BSON_INT32 && type != BSON_INT64)
        return 0;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (bytes_have(b, at + 1, names[i], strlen(names[i]) + 1))
            return skip_bson(b, at + 1 + strlen(names[i]) + 1, type);
    return 0;
}

/* Skips an element that asks something, or tells of the client or of how its connection is to be,
 * once; 0 for any other. */
static size_t skip_hello_field(const struct bytes *b, size_t at, unsigned *seen)
{
    static const struct {
        uint8_t type;
        char name[21];
    } fields[] = {
        {BSON_BOOLEAN, "helloOk"},
        {BSON_DOCUMENT, "client"},
        {BSON_ARRAY, "compression"},
        {BSON_BOOLEAN, "loadBalanced"},
        {BSON_STRING, "$db"},
        {BSON_STRING, "saslSupportedMechs"},
        {BSON_STRING, "apiVersion"},
        {BSON_BOOLEAN, "apiStrict"},
        {BSON_BOOLEAN, "apiDeprecationErrors"},
    };

    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        size_t size = strlen(fields[i].name) + 1;
        if (b->at[at] != fields[i].type || !bytes_have(b, at + 1, fields[i].name, size))
            continue;
        if ((*seen >> i & 1) != 0)
            return 0;
        *seen |= 1u << i;
        return skip_bson(b, at + 1 + size, fields[i].type);
    }
    return 0;
}

/* One document that fills the bytes and is a hello. */
static bool is_hello(const struct bytes *b)
{
    size_t at;
    unsigned seen = 0;
    if (b->length < 5 || bytes_le32(b->at) != b->length)
        return false;
    at = skip_hello(b, 4);
    while (at != 0 && at < b->length && b->at[at] != 0)
        at = skip_hello_field(b, at, &seen);
    return at != 0 && at + 1 == b->length;
}

/* Where the command's document begins: in an OP_MSG with no flags, whose one section is a body; in
 * an OP_QUERY for admin's commands, that skips nothing and returns one. 0 for any other. */
static size_t mongodb_command(const struct bytes *b)
{
    static const uint8_t collection[] = "admin.$cmd";
    size_t at = MONGODB_HEADER + 4; /* behind the flags */
    uint32_t flags, skip, give;
    if (b->length < at)
        return 0;
    flags = bytes_le32(b->at + MONGODB_HEADER);
    if (bytes_le32(b->at + 12) == MONGODB_OP_MSG)
        return flags == 0 && b->length > at && b->at[at] == 0 ? at + 1 : 0;
    /* The flag: a secondary may answer. */
    if (bytes_le32(b->at + 12) != MONGODB_OP_QUERY || (flags & ~(uint32_t)4) != 0 ||
        !bytes_have(b, at, collection, sizeof collection))
        return 0;
    at += sizeof collection;
    if (b->length - at < 8)
        return 0;
    skip = bytes_le32(b->at + at);
    give = bytes_le32(b->at + at + 4);
    return skip == 0 && (give == 1 || give == UINT32_MAX) ? at + 8 : 0;
}

/*
 * One hello, in an OP_MSG or in the OP_QUERY that drivers begin with (MongoDB, Wire Protocol;
 * hello; MongoDB Handshake specification): the server says what it is. Refused are: one that begins
 * to authenticate (speculativeAuthenticate), one that waits for a change (topologyVersion and
 * maxAwaitTimeMS) or has answers stream (a flag), one of a session (lsid), and fields that are not
 * known.
 */
bool opening_is_mongodb(const struct bytes *b)
{
    size_t at = mongodb_command(b);
    struct bytes document;
    /* The second word is the request's id; the third, what it responds to: nothing. */
    if (at == 0 || bytes_le32(b->at) != b->length || bytes_le32(b->at + 8) != 0)
        return false;
    document = bytes_from(b, at);
    return is_hello(&document);
}
