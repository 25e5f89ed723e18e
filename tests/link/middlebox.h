/* SPDX-License-Identifier: MIT */
#ifndef LINK_MIDDLEBOX_H
#define LINK_MIDDLEBOX_H

#include "packet.h"
#include "settings.h"

enum verdict { PASS, DROP, RESET };

/* Judges a segment; one that passes may have been altered, and its length with it. */
enum verdict middlebox(const struct settings *settings, struct segment *segment, size_t *length);

/* Is this one of the packets that the link loses? `number` counts those of its direction. */
bool is_lost(const struct settings *settings, int side, uint64_t number);

#endif
