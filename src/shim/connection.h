/* SPDX-License-Identifier: MIT */
/*
 * The state machine of a deferred connection (docs/how-it-works.md):
 *
 *     unknown --connect()--> DEFERRED --first write--> OPENING --handshake--> unknown
 *                               |                         ^
 *                               +--- start (bare SYN) ----+
 *
 * The verbs: defer, open (the first write, its bytes in the SYN), start (a bare SYN), settle (wait
 * for the handshake), forget. When in doubt, start. A hook asks here what to do before it makes the
 * plain call; on a descriptor without a record, in a thread that has deferred nothing, the answer
 * costs two loads. All of it may run in a signal handler; none of it allocates or locks.
 */
#ifndef TFOSHIM_SHIM_CONNECTION_H
#define TFOSHIM_SHIM_CONNECTION_H

#include "shim/record.h"
#include "shim/wait.h"

#include <stddef.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/uio.h>

/* How long a closing call waits for a handshake under way, in milliseconds. Four SYNs leave in that
 * time (at 0, 1, 3 and 7 s). A plain program would have waited in connect(). */
#define CONNECTION_SETTLE_LIMIT_MS 10000

/* connect(): defers it where policy and kernel allow, else makes the plain call. */
int connection_connect(int fd, const struct sockaddr *, socklen_t);

/* Is there any record of a connection? */
static inline bool connection_any(void)
{
    return atomic_load_explicit(&record_connections.live, memory_order_relaxed) != 0;
}

/* Is there a record of this descriptor at all? */
static inline bool connection_recorded(int fd)
{
    return record_present(&record_connections, fd);
}

/* May anything but the plain call be needed for this descriptor, in this thread? */
static inline bool connection_concerns(int fd)
{
    return record_present(&record_connections, fd) || wait_thread_defers();
}

/* A write of `total` bytes. True: it is done, *result and errno are set as the call would have.
 * False: the plain call is to be made now. `message` may lie in the program's memory: bad pointers
 * are left to the kernel. */
bool connection_write(int fd, const struct msghdr *message, int flags, ssize_t *result);

/* Before a call that reads, or that may block for reading (POLLIN) or writing (POLLOUT). Returns 0,
 * or the errno to fail with: the SYN could not be sent, as connect() would have said. */
int connection_before_read(int fd, int flags);
int connection_before_bulk_write(int fd);

/* After a call that reads or writes: bytes that moved prove that the handshake is over, some errors
 * that there was none. */
void connection_after(int fd, ssize_t result);

/* The program asked for SO_ERROR and was told this; it was told that `fd` is writable. */
void connection_asked_error(int fd, int error);
void connection_believed(int fd);

/* The descriptor is about to be registered with an epoll. */
void connection_watched(int fd, const struct epoll_event *);

/* A call that the kernel would answer differently on a closed socket than on one that is
 * connecting. */
void connection_before_kernel_sees(int fd);

/* The address of the peer while the kernel will not tell it; false: not the shim's business. */
bool connection_peer(int fd, union record_address *);

/* The error of a SYN that could not be sent, taken once; 0 where there is none. */
int connection_take_error(int fd);

/* The call needs a true connection: starts, settles. Returns 0 or the error of the SYN. */
int connection_settle(int fd);

/* The descriptor is about to be closed or shut down. */
void connection_before_shutdown(int fd);
void connection_before_close(int fd);

/* The socket becomes known by a descriptor that the shim will not see: start, settle, forget. */
void connection_before_sharing(int fd);

/* `message` may carry descriptors to another process (SCM_RIGHTS). */
void connection_before_passing(const struct msghdr *message);

/* All descriptors of [first, last] are about to be closed. */
void connection_before_close_range(unsigned first, unsigned last);

/* This process image ends (exit, exec), or a new one inherits descriptors (spawn). */
void connection_before_exit(void);
void connection_before_exec(void);
void connection_before_spawn(void);

#endif
