/* SPDX-License-Identifier: MIT */
/*
 * Endings: a descriptor, or the process, goes away while a connection is deferred or its handshake
 * is under way. Closing a socket in SYN_SENT kills the connection and what it carries; a plain
 * program would have been through the handshake before.
 */
#ifndef TFOSHIM_SHIM_ENDING_H
#define TFOSHIM_SHIM_ENDING_H

#include "contract.h"

#include <stdbool.h>

/* Before close(), and whatever else makes a descriptor another one's. False: it is the shim's own,
 * and to the program none. */
bool ending_close(int fd);

/* Before shutdown(). True: it is carried out when the handshake is over. */
bool ending_shutdown(int fd, int how) MUST_USE;

/* All descriptors of [first, last] are about to be closed. */
void ending_range(unsigned first, unsigned last);

/* This process ends. */
void ending_process(void);

/* Another image is to take its place: or not, if there is no such program, and then all goes on. */
void ending_image(void);

/* The process gives up every call that this would need from now on. */
void ending_knowledge(void);

#endif
