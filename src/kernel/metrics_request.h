/* SPDX-License-Identifier: MIT */
/* Questions over generic netlink about the kernel's cache of other hosts, tcp_metrics. */
#ifndef TFOSHIM_KERNEL_METRICS_REQUEST_H
#define TFOSHIM_KERNEL_METRICS_REQUEST_H

#include "contract.h"
#include "kernel/netlink.h"

#include <linux/genetlink.h>

/* The longest attribute that is sent is an IPv6 address or a family's name. */
#define METRICS_ATTRIBUTE_MOST 16

struct metrics_request {
    struct nlmsghdr header;
    struct genlmsghdr generic;
    struct nlattr attribute;
    unsigned char value[METRICS_ATTRIBUTE_MOST];
};

/* The number that this kernel has given to the family; 0: it has none. */
uint16_t metrics_family(int fd);

/* A command to that family, about the host of that address, 4 bytes of IPv4 or 16 of IPv6; NULL:
 * about all hosts. */
struct metrics_request metrics_request(uint16_t family, uint8_t command, const void *address,
                                       size_t length);

#endif
