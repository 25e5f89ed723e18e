/* SPDX-License-Identifier: MIT */
/*
 * What the recognisers of openings share: one function each, in a file of its own, that says of all
 * the bytes of a first write whether they are that opening and nothing else.
 *
 * Nothing here reads a byte that it was not given, and every doubt is answered with false: that
 * costs one round trip, while a wrong true can have an order placed twice. libc alone, and nothing
 * that allocates, locks or keeps a state.
 */
#ifndef TFOSHIM_POLICY_OPENINGS_OPENING_H
#define TFOSHIM_POLICY_OPENINGS_OPENING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct bytes {
    const uint8_t *at;
    size_t length;
};

static inline unsigned bytes_be16(const uint8_t *at)
{
    return (unsigned)at[0] << 8 | at[1];
}

static inline uint32_t bytes_be24(const uint8_t *at)
{
    return (uint32_t)at[0] << 16 | bytes_be16(at + 1);
}

static inline uint32_t bytes_be32(const uint8_t *at)
{
    return (uint32_t)bytes_be16(at) << 16 | bytes_be16(at + 2);
}

static inline uint32_t bytes_le32(const uint8_t *at)
{
    return (uint32_t)at[3] << 24 | (uint32_t)at[2] << 16 | (uint32_t)at[1] << 8 | at[0];
}

/* Are these the bytes from `at` on? */
static inline bool bytes_have(const struct bytes *b, size_t at, const void *wanted, size_t length)
{
    return at <= b->length && b->length - at >= length && memcmp(b->at + at, wanted, length) == 0;
}

/* The same of a string. */
static inline bool bytes_say(const struct bytes *b, size_t at, const char *wanted)
{
    return bytes_have(b, at, wanted, strlen(wanted));
}

/* What is left from `at` on, which is not beyond the end. */
static inline struct bytes bytes_from(const struct bytes *b, size_t at)
{
    return (struct bytes){.at = b->at + at, .length = b->length - at};
}

typedef bool opening_recogniser(const struct bytes *);

opening_recogniser opening_is_amqp, opening_is_cassandra, opening_is_dns, opening_is_finger,
    opening_is_git, opening_is_http1, opening_is_http2, opening_is_kafka, opening_is_memcached,
    opening_is_mongodb, opening_is_postgresql, opening_is_rdp, opening_is_redis, opening_is_smb,
    opening_is_socks5, opening_is_ssh, opening_is_stun, opening_is_tls, opening_is_whois;

/* The length of the PROXY protocol's header that the bytes begin with; 0: none. */
size_t opening_proxy_header(const struct bytes *);

#endif
