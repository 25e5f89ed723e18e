/* SPDX-License-Identifier: MIT */
#ifndef TFOSHIM_POLICY_OPENINGS_OPENINGS_H
#define TFOSHIM_POLICY_OPENINGS_OPENINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* First writes that may be delivered to a server twice without harm. */
enum opening {
    OPENING_NONE,
#define OPENING(name, port, what, why) OPENING_##name,
#include "policy/openings/openings.def"
#undef OPENING
    OPENINGS
};

/* How many bytes of a first write are worth showing to opening_of(): what a SYN can carry on any
 * common link. */
#define OPENING_LOOK 1460

/* Which opening are these `length` bytes, the beginning of a write of `total` bytes to a server at
 * that port (host byte order)? NONE for all else, for what servers read in different ways, and for
 * a write of which not all is shown. A PROXY protocol header may come before it. */
enum opening opening_of(const void *bytes, size_t length, size_t total, uint16_t port);

#endif
