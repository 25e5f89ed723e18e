/* SPDX-License-Identifier: MIT */
#ifndef LINK_MIDDLEBOX_H
#define LINK_MIDDLEBOX_H

#include "packet.h"
#include "settings.h"

enum verdict { PASS, DROP, RESET };

/*
 * Judges a segment that comes from `side`; one that passes may have been altered, and its length
 * with it. Counts down the settings that hold for so many segments.
 */
enum verdict middlebox(struct settings *settings, int side, struct segment *segment,
                       size_t *length);

#endif
