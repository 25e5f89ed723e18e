/* SPDX-License-Identifier: MIT */
#ifndef LINK_PCAP_H
#define LINK_PCAP_H

#include <stddef.h>
#include <stdint.h>

/* Makes a new file with its header; returns a descriptor. */
int pcap_create(const char *path);

/* Appends a packet seen at `when`, a time of now_ns(). A descriptor of -1 writes nothing. */
void pcap_write(int fd, int64_t when, const unsigned char *packet, size_t length);

#endif
