/* SPDX-License-Identifier: MIT */
/* Our network namespace, and what others are set to. */
#ifndef TFOSHIM_KERNEL_NETNS_H
#define TFOSHIM_KERNEL_NETNS_H

#include "contract.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* SO_NETNS_COOKIE of our network namespace, which tells it from others; 0 where the kernel has
 * none. */
uint64_t netns_own(void);

/* net.ipv4.tcp_fastopen of the one that a socket is in, or a process: is that ours? -1 where it may
 * not be looked at. */
long fastopen_of_socket(int socket, bool *is_ours) NONNULL;
long fastopen_of_process(pid_t, bool *is_ours) NONNULL;

#endif
