/* SPDX-License-Identifier: MIT */
#ifndef LINK_DRAW_H
#define LINK_DRAW_H

#include "settings.h"

/* Neighbouring numbers give unrelated results. */
uint64_t scatter(uint64_t number);

/* Is this one of the packets that the link loses? `number` counts those of its direction. */
bool is_lost(const struct settings *settings, int side, uint64_t number);

/* Is this one of those that it holds back? */
bool is_late(const struct settings *settings, int side, uint64_t number);

#endif
