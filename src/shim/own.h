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

/* What none of them can have before the program has done so: a time limit of its own for sending or
 * receiving, or an error that a connect() to nowhere (AF_UNSPEC) has left. */
enum own_habit { OWN_LIMITED, OWN_DISSOLVED, OWN_HABITS };
void own_note(enum own_habit);
bool own_may_be(enum own_habit);

/* After fork(), in both: what was made before is shared with the other. */
void own_forked(void);

#endif
