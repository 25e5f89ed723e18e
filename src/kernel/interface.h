/* SPDX-License-Identifier: MIT */
/* By which network interface. Asked over netlink, but for sockets that are bound to one. */
#ifndef TFOSHIM_KERNEL_INTERFACE_H
#define TFOSHIM_KERNEL_INTERFACE_H

#include <net/if.h>
#include <stdint.h>

enum interface {
    INTERFACE_UNKNOWN, /* the kernel was not to be asked */
    INTERFACE_NONE,
    INTERFACE_KNOWN, /* `name` is set */
};

/* Of a TCP socket and an address, IPv4 in its IPv6-mapped form. */
typedef enum interface interface_fn(int fd, const uint8_t address[16], char name[IF_NAMESIZE]);

/* A connection to there: the one that the socket is bound to, or that the route leaves by, from the
 * address that the socket is bound to. None: there is no route. */
interface_fn interface_leaving;

/* A listener there: the one that the socket is bound to, or that has the address. None: it listens
 * on all. */
interface_fn interface_listening;

#endif
