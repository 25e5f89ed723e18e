/* SPDX-License-Identifier: MIT */
/*
 * Which descriptors are sockets that this process has made itself and shared with nobody: no other
 * descriptor, stream or process has them. Only such a connect is deferred, for whatever else could
 * see the socket would see one that is not connected. What no hook has seen made is not here: the
 * plain call is the safe side.
 */
#ifndef TFOSHIM_SHIM_OWN_H
#define TFOSHIM_SHIM_OWN_H

#include <stdbool.h>

/* socket() has made it; it is shared now, or gone. */
void own_add(int fd);
void own_remove(int fd);

bool own_has(int fd);

/* TCP_FASTOPEN_CONNECT has been set on it. Is it here, and for certain without that? */
void own_given_option(int fd);
bool own_has_without_option(int fd);

/* What is said of none of them before the program has made such a call, and then may be of any: the
 * kernel need not be asked until then. A program that makes it without the C library is on its own.
 */
enum own_habit {
    OWN_LIMITED,   /* it has a time limit of its own for sending or receiving */
    OWN_DISSOLVED, /* it has an error, left by a connection that was dissolved */
    OWN_MOVED,     /* it is of another network namespace */
    OWN_STREAMED,  /* a stream of the C library may write to it */
    OWN_HABITS
};
void own_note(enum own_habit);
bool own_may_be(enum own_habit);

/* After fork(), in both: what was made before is shared with the other. */
void own_forked(void);

#endif
