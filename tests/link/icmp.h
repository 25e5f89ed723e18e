/* SPDX-License-Identifier: MIT */
#ifndef LINK_ICMP_H
#define LINK_ICMP_H

#include <stddef.h>

/* No error message is longer: every link takes packets of this size. */
#define ICMP_MAX 1280

/* Writes what a router answers an IP packet with that is longer than `mtu`; returns its length. */
size_t icmp_too_big(const unsigned char *packet, size_t length, size_t mtu,
                    unsigned char answer[ICMP_MAX]);

#endif
