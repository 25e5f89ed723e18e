/* SPDX-License-Identifier: MIT */
#ifndef TFOSHIM_SHIM_CONNECTING_H
#define TFOSHIM_SHIM_CONNECTING_H

#include <sys/socket.h>

typedef __typeof__(connect) connect_fn;

/* connect(): defers it where policy, memory and kernel allow, else makes the plain call, `next`. */
int connecting(connect_fn *next, int fd, const struct sockaddr *, socklen_t);

#endif
