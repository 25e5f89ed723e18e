/* SPDX-License-Identifier: MIT */
#ifndef LINK_NAT_H
#define LINK_NAT_H

#include "packet.h"
#include "settings.h"

/* Gives the left's end of a segment that comes from `side` the address and port of the other side.
 */
void nat_translate(const struct settings *settings, int side, const struct segment *segment);

#endif
