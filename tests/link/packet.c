/* SPDX-License-Identifier: MIT */
#include "packet.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <string.h>

#include "bytes.h"

enum { OPTION_FASTOPEN = 34, OPTION_EXPERIMENTAL = 254, FASTOPEN_MAGIC = 0xf989 };

int packet_protocol(const unsigned char *packet, size_t length)
{
    if (length >= sizeof(struct iphdr) && packet[0] >> 4 == 4) {
        /* A later fragment does not start with the transport's header. */
        if (get16(packet + offsetof(struct iphdr, frag_off)) & IP_OFFMASK)
            return -1;
        return packet[offsetof(struct iphdr, protocol)];
    }
    /* An extension header hides TCP from this; the kernel puts none before it unasked. */
    if (length >= sizeof(struct ip6_hdr) && packet[0] >> 4 == 6)
        return packet[offsetof(struct ip6_hdr, ip6_nxt)];
    return -1;
}

static bool is_fastopen(const unsigned char *option, size_t length)
{
    if (option[0] == OPTION_FASTOPEN)
        return true;
    return option[0] == OPTION_EXPERIMENTAL && length >= 4 && get16(option + 2) == FASTOPEN_MAGIC;
}

static unsigned char *find_fastopen(unsigned char *option, const unsigned char *end)
{
    while (option < end && *option != TCPOPT_EOL) {
        if (*option == TCPOPT_NOP) {
            option++;
            continue;
        }
        if (option + 1 == end || option[1] < 2 || option[1] > end - option)
            return NULL;
        if (is_fastopen(option, option[1]))
            return option;
        option += option[1];
    }
    return NULL;
}

bool segment_parse(struct segment *segment, unsigned char *packet, size_t length)
{
    struct tcphdr tcp;
    size_t ip_header = sizeof(struct ip6_hdr);
    size_t headers;
    if (packet_protocol(packet, length) != IPPROTO_TCP)
        return false;
    segment->version = packet[0] >> 4;
    if (segment->version == 4)
        ip_header = (size_t)(packet[0] & 15) * 4;
    if (ip_header < sizeof(struct iphdr) || length < ip_header + sizeof tcp)
        return false;
    memcpy(&tcp, packet + ip_header, sizeof tcp);
    headers = ip_header + (size_t)tcp.doff * 4;
    if (tcp.doff < 5 || headers > length)
        return false;
    segment->ip = packet;
    segment->tcp = packet + ip_header;
    segment->payload = packet + headers;
    segment->payload_length = length - headers;
    segment->fastopen = find_fastopen(segment->tcp + sizeof tcp, segment->payload);
    return true;
}

bool segment_is_syn(const struct segment *segment)
{
    return segment->tcp[offsetof(struct tcphdr, th_flags)] & TH_SYN;
}

bool segment_is_opening(const struct segment *segment)
{
    return (segment->tcp[offsetof(struct tcphdr, th_flags)] & (TH_SYN | TH_ACK)) == TH_SYN;
}

void segment_set_checksums(const struct segment *segment)
{
    size_t length = (size_t)(segment->payload - segment->tcp) + segment->payload_length;
    size_t addresses = offsetof(struct ip6_hdr, ip6_src);
    unsigned char *check = segment->tcp + offsetof(struct tcphdr, check);
    uint32_t sum = (uint32_t)(IPPROTO_TCP + length);
    if (segment->version == 4) {
        unsigned char *ip_check = segment->ip + offsetof(struct iphdr, check);
        put16(ip_check, 0);
        put16(ip_check, ~sum16(0, segment->ip, (size_t)(segment->tcp - segment->ip)));
        addresses = offsetof(struct iphdr, saddr);
    }
    sum = sum16(sum, segment->ip + addresses, segment->version == 4 ? 8 : 32);
    put16(check, 0);
    put16(check, ~sum16(sum, segment->tcp, length));
}

static void set_length(const struct segment *segment)
{
    size_t length = (size_t)(segment->payload - segment->ip) + segment->payload_length;
    if (segment->version == 4)
        put16(segment->ip + offsetof(struct iphdr, tot_len), length);
    else
        put16(segment->ip + offsetof(struct ip6_hdr, ip6_plen), length - sizeof(struct ip6_hdr));
}

void segment_strip_option(struct segment *segment)
{
    if (!segment->fastopen)
        return;
    memset(segment->fastopen, TCPOPT_NOP, segment->fastopen[1]);
    segment->fastopen = NULL;
    segment_set_checksums(segment);
}

void segment_alter_cookie(const struct segment *segment)
{
    size_t header = 2;
    if (segment->fastopen && segment->fastopen[0] == OPTION_EXPERIMENTAL)
        header = 4;
    /* A request has none. */
    if (!segment->fastopen || segment->fastopen[1] <= header)
        return;
    segment->fastopen[header] ^= 1;
    segment_set_checksums(segment);
}

size_t segment_strip_data(struct segment *segment)
{
    segment->payload_length = 0;
    set_length(segment);
    segment_set_checksums(segment);
    return (size_t)(segment->payload - segment->ip);
}

static size_t answer_ip(const struct segment *segment, unsigned char *answer)
{
    if (segment->version == 4) {
        struct iphdr ip;
        memcpy(&ip, segment->ip, sizeof ip);
        ip.ihl = sizeof ip / 4;
        ip.saddr ^= ip.daddr;
        ip.daddr ^= ip.saddr;
        ip.saddr ^= ip.daddr;
        memcpy(answer, &ip, sizeof ip);
        return sizeof ip;
    }
    memcpy(answer, segment->ip, sizeof(struct ip6_hdr));
    memcpy(answer + offsetof(struct ip6_hdr, ip6_src),
           segment->ip + offsetof(struct ip6_hdr, ip6_dst), sizeof(struct in6_addr));
    memcpy(answer + offsetof(struct ip6_hdr, ip6_dst),
           segment->ip + offsetof(struct ip6_hdr, ip6_src), sizeof(struct in6_addr));
    return sizeof(struct ip6_hdr);
}

size_t segment_reset(const struct segment *segment, unsigned char answer[RESET_MAX])
{
    struct tcphdr to;
    struct tcphdr from;
    struct segment reset = {.version = segment->version, .ip = answer};
    memcpy(&from, segment->tcp, sizeof from);
    memset(&to, 0, sizeof to);
    to.source = from.dest;
    to.dest = from.source;
    to.doff = sizeof to / 4;
    to.rst = 1;
    to.ack = 1;
    to.ack_seq = htonl(ntohl(from.seq) + 1 + (uint32_t)segment->payload_length);
    reset.tcp = answer + answer_ip(segment, answer);
    reset.payload = reset.tcp + sizeof to;
    memcpy(reset.tcp, &to, sizeof to);
    set_length(&reset);
    segment_set_checksums(&reset);
    return (size_t)(reset.payload - answer);
}
