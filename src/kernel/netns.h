/* SPDX-License-Identifier: MIT */
#ifndef TFOSHIM_KERNEL_NETNS_H
#define TFOSHIM_KERNEL_NETNS_H

#include <stdint.h>

/* SO_NETNS_COOKIE of our network namespace, which tells it from others; 0 where the kernel has
 * none. */
uint64_t netns_own(void);

#endif
