/* SPDX-License-Identifier: MIT */
#include "middlebox.h"

enum verdict middlebox(const struct settings *settings, struct segment *segment, size_t *length)
{
    if (!segment_is_syn(segment))
        return PASS;
    if (settings->drop_option && segment->fastopen)
        return DROP;
    if (settings->drop_syn_data && segment->payload_length)
        return DROP;
    if (settings->reset_syn_data && segment->payload_length)
        return RESET;
    if (settings->strip_option)
        segment_strip_option(segment);
    if (settings->strip_data && segment->payload_length)
        *length = segment_strip_data(segment);
    return PASS;
}

/* The finaliser of splitmix64: neighbouring numbers give unrelated results. */
static uint64_t scatter(uint64_t x)
{
    x += 0x9e3779b97f4a7c15;
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9;
    x = (x ^ x >> 27) * 0x94d049bb133111eb;
    return x ^ x >> 31;
}

/*
 * A function of the packet's number, not a generator with a state: how the two directions happen to
 * interleave has no part in which packets are lost.
 */
bool is_lost(const struct settings *settings, int side, uint64_t number)
{
    uint64_t draw = scatter(scatter(settings->seed * SIDES + (uint64_t)side) + number);

    return (double)(draw >> 11) * 0x1p-53 * 100 < settings->loss;
}
