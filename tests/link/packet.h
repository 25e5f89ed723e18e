/* SPDX-License-Identifier: MIT */
#ifndef LINK_PACKET_H
#define LINK_PACKET_H

#include <stdbool.h>
#include <stddef.h>

/* The most that a TUN device hands over at once. */
#define PACKET_MAX 65535

/* Room for the RST that answers any packet: an IPv6 and a TCP header. */
#define RESET_MAX 60

/* A TCP segment in an IP packet; the pointers go into the packet. */
struct segment {
    int version;
    unsigned char *ip;
    unsigned char *tcp;
    unsigned char *payload;
    size_t payload_length;
    unsigned char *fastopen; /* the Fast Open option, or NULL */
};

/* The transport protocol of an IP packet; -1: it has none that can be read. */
int packet_protocol(const unsigned char *packet, size_t length);

/* False when it is not a whole TCP segment. */
bool segment_parse(struct segment *segment, unsigned char *packet, size_t length);

/* A SYN or a SYN-ACK? */
bool segment_is_syn(const struct segment *segment);

/* A SYN without an ACK? */
bool segment_is_opening(const struct segment *segment);

/* Both checksums, from the packet's present contents. */
void segment_set_checksums(const struct segment *segment);

/* Flips a bit of its Fast Open cookie. */
void segment_alter_cookie(const struct segment *segment);

void segment_strip_option(struct segment *segment);

/* Returns the packet's new length. */
size_t segment_strip_data(struct segment *segment);

/* Writes the RST that a host would answer a SYN with; returns its length. */
size_t segment_reset(const struct segment *segment, unsigned char answer[RESET_MAX]);

#endif
