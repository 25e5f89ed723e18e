/* SPDX-License-Identifier: MIT */
/* Who listens on this machine (sock_diag(7)). */
#ifndef TFOSHIM_KERNEL_LISTENING_H
#define TFOSHIM_KERNEL_LISTENING_H

#include "contract.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

/* Would a SYN to this address of the machine itself find a listener, in the network namespace with
 * this SO_NETNS_COOKIE? An IPv4 address is an AF_INET one, as endpoint_to_sockaddr() has it. False,
 * too, where the kernel will not say. As netlink.h. */
bool somebody_listens(const struct sockaddr *, uint64_t netns) NONNULL;

#endif
