/* SPDX-License-Identifier: MIT */
#include "icmp.h"

#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <netinet/ip_icmp.h>
#include <string.h>

#include "bytes.h"

/* RFC 1812: an error message over IPv4 is not longer. */
#define V4_MAX 576

/* Where both protocols have it; the upper half of the MTU that version 6 has is 0. */
enum { TYPE = 0, CODE = 1, CHECKSUM = 2, MTU = 6, HEADER = 8 };

static size_t quote(unsigned char *to, size_t room, const unsigned char *packet, size_t length)
{
    if (length > room)
        length = room;
    memcpy(to, packet, length);
    return length;
}

static size_t too_big_v4(const unsigned char *packet, size_t length, size_t mtu,
                         unsigned char *answer)
{
    unsigned char *icmp = answer + sizeof(struct iphdr);
    struct iphdr from;
    struct iphdr to = {.version = 4, .ihl = sizeof to / 4, .ttl = 64, .protocol = IPPROTO_ICMP};
    memcpy(&from, packet, sizeof from);
    /* The link has no address of its own: the answer comes from where the packet was to go. */
    to.saddr = from.daddr;
    to.daddr = from.saddr;
    memset(icmp, 0, HEADER);
    icmp[TYPE] = ICMP_DEST_UNREACH;
    icmp[CODE] = ICMP_FRAG_NEEDED;
    put16(icmp + MTU, mtu);
    length = HEADER + quote(icmp + HEADER, V4_MAX - sizeof to - HEADER, packet, length);
    put16(icmp + CHECKSUM, ~sum16(0, icmp, length));
    memcpy(answer, &to, sizeof to);
    put16(answer + offsetof(struct iphdr, tot_len), sizeof to + length);
    put16(answer + offsetof(struct iphdr, check), ~sum16(0, answer, sizeof to));
    return sizeof to + length;
}

static size_t too_big_v6(const unsigned char *packet, size_t length, size_t mtu,
                         unsigned char *answer)
{
    unsigned char *icmp = answer + sizeof(struct ip6_hdr);
    struct ip6_hdr from;
    struct ip6_hdr to = {0};
    uint32_t sum;
    memcpy(&from, packet, sizeof from);
    to.ip6_flow = htonl(6U << 28);
    to.ip6_nxt = IPPROTO_ICMPV6;
    to.ip6_hlim = 64;
    to.ip6_src = from.ip6_dst;
    to.ip6_dst = from.ip6_src;
    memset(icmp, 0, HEADER);
    icmp[TYPE] = ICMP6_PACKET_TOO_BIG;
    put16(icmp + MTU, mtu);
    length = HEADER + quote(icmp + HEADER, ICMP_MAX - sizeof to - HEADER, packet, length);
    to.ip6_plen = htons((uint16_t)length);
    memcpy(answer, &to, sizeof to);
    sum = sum16((uint32_t)(IPPROTO_ICMPV6 + length), answer + offsetof(struct ip6_hdr, ip6_src),
                2 * sizeof(struct in6_addr));
    put16(icmp + CHECKSUM, ~sum16(sum, icmp, length));
    return sizeof to + length;
}

size_t icmp_too_big(const unsigned char *packet, size_t length, size_t mtu,
                    unsigned char answer[ICMP_MAX])
{
    if (packet[0] >> 4 == 4)
        return too_big_v4(packet, length, mtu, answer);
    return too_big_v6(packet, length, mtu, answer);
}
