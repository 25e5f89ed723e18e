/* SPDX-License-Identifier: MIT */
/*
 * The waits of event loops. One that the program is about to be woken from at once ("writable")
 * leaves the connections deferred: such a loop writes next, and that write goes into the SYN. While
 * something lingers, the waits are shared with it.
 */
#ifndef TFOSHIM_SHIM_READINESS_H
#define TFOSHIM_SHIM_READINESS_H

#include "shim/shared_wait.h"

/* Times are in nanoseconds; negative: without limit. */
#define READINESS_FOREVER INT64_C(-1)

int readiness_poll(ppoll_fn *next, struct pollfd *, nfds_t count, int64_t timeout,
                   const sigset_t *);
int readiness_select(pselect_fn *next, int count, fd_set *sets[3], int64_t timeout,
                     const sigset_t *);
int readiness_epoll(epoll_pwait_fn *next, int epoll, struct epoll_event *, int most,
                    int64_t timeout, const sigset_t *);

/* The descriptor is about to be registered with an epoll, or its registration changed; and the
 * kernel has done so. */
void readiness_watching(int epoll, int operation, int fd);
void readiness_watched(int epoll, int operation, int fd, const struct epoll_event *);

/* A connect has been deferred: an edge-triggered registration made before it hears of the change
 * that the kernel does not see. */
void readiness_registered_before(int fd);

#endif
