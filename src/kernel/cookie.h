/* SPDX-License-Identifier: MIT */
/* The kernel's cache of Fast Open cookies (tcp_metrics), asked over generic netlink. */
#ifndef TFOSHIM_KERNEL_COOKIE_H
#define TFOSHIM_KERNEL_COOKIE_H

#include "contract.h"

#include <stdint.h>
#include <sys/socket.h>

enum cookie { COOKIE_UNKNOWN, COOKIE_NONE, COOKIE_CACHED };

/* Is there a cookie for the host of this address, in the network namespace with this
 * SO_NETNS_COOKIE? Unknown where the kernel will not say. As netlink.h. */
enum cookie cookie_cached(const struct sockaddr *, uint64_t netns) NONNULL;

/* That cookie as a number that tells it from others; 0: there is none, or the kernel will not say.
 */
uint32_t cookie_number(const struct sockaddr *, uint64_t netns) NONNULL;

#endif
