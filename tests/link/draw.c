/* SPDX-License-Identifier: MIT */
#include "draw.h"

/* The finaliser of splitmix64. */
uint64_t scatter(uint64_t number)
{
    number += 0x9e3779b97f4a7c15;
    number = (number ^ number >> 30) * 0xbf58476d1ce4e5b9;
    number = (number ^ number >> 27) * 0x94d049bb133111eb;
    return number ^ number >> 31;
}

/*
 * A function of the packet's number, not a generator with a state: how the two directions happen to
 * interleave has no part in which packets are drawn.
 */
static bool is_drawn(uint64_t sequence, uint64_t number, double percent)
{
    uint64_t draw = scatter(scatter(sequence) + number);
    return (double)(draw >> 11) * 0x1p-53 * 100 < percent;
}

static uint64_t sequence_of(const struct settings *settings, int side)
{
    return settings->seed * SIDES + (uint64_t)side;
}

bool is_lost(const struct settings *settings, int side, uint64_t number)
{
    return is_drawn(sequence_of(settings, side), number, settings->loss);
}

bool is_late(const struct settings *settings, int side, uint64_t number)
{
    return is_drawn(~sequence_of(settings, side), number, settings->reorder);
}
