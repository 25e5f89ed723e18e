/* SPDX-License-Identifier: MIT */
/* Names, options and states of a socket that the program believes connected. `next` is who makes
 * the call: the next library, or syscall(). */
#ifndef TFOSHIM_SHIM_LOOKING_H
#define TFOSHIM_SHIM_LOOKING_H

#include <sys/socket.h>

typedef __typeof__(getpeername) get_name_fn;
typedef __typeof__(getsockopt) get_option_fn;
typedef __typeof__(setsockopt) set_option_fn;
typedef int control_fn(int fd, unsigned long request, ...);

int looking_peer(get_name_fn *next, int fd, struct sockaddr *, socklen_t *);
int looking_name(get_name_fn *next, int fd, struct sockaddr *, socklen_t *);
int looking_option(get_option_fn *next, int fd, int level, int name, void *value, socklen_t *);
int looking_set_option(set_option_fn *next, int fd, int level, int name, const void *value,
                       socklen_t);
int looking_control(control_fn *next, int fd, unsigned long request, void *argument);

/* Before bind() or listen(), which the kernel would answer differently on a socket that the shim
 * has deferred. */
void looking_before(int fd);

#endif
