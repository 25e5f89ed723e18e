/* SPDX-License-Identifier: MIT */
#include "nat.h"

#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <netinet/tcp.h>

#include "bytes.h"
#include "draw.h"

/* Flips bits that leave a port in its block of 1024: a port that needs no privilege stays one. */
#define PORT_BITS 0x155

/* Set in the last byte of every address outside, so that none is a low one like the hosts' own. */
#define ADDRESS_BIT 0x40

static unsigned char *last_byte(const struct segment *segment, bool source)
{
    size_t v4 = source ? offsetof(struct iphdr, saddr) : offsetof(struct iphdr, daddr);
    size_t v6 = source ? offsetof(struct ip6_hdr, ip6_src) : offsetof(struct ip6_hdr, ip6_dst);
    if (segment->version == 4)
        return segment->ip + v4 + sizeof(struct in_addr) - 1;
    return segment->ip + v6 + sizeof(struct in6_addr) - 1;
}

/*
 * No table of connections is kept: both ways the same bits are flipped, and which address it is
 * follows from the port inside, which either way is known.
 */
void nat_translate(const struct settings *settings, int side, const struct segment *segment)
{
    bool outward = side == LEFT;
    unsigned char *port =
        segment->tcp + (outward ? offsetof(struct tcphdr, source) : offsetof(struct tcphdr, dest));
    uint16_t inside = outward ? get16(port) : get16(port) ^ PORT_BITS;
    unsigned char *address = last_byte(segment, outward);
    put16(port, get16(port) ^ PORT_BITS);
    *address ^= (unsigned char)(ADDRESS_BIT | scatter(inside) % settings->nat);
    segment_set_checksums(segment);
}
