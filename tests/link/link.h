/* SPDX-License-Identifier: MIT */
#ifndef LINK_LINK_H
#define LINK_LINK_H

#include "queue.h"
#include "settings.h"

struct side {
    int tun;
    int pcap;           /* what this side's host would capture, or -1 */
    struct queue queue; /* packets on their way to this side */
    uint64_t taken;     /* packets that came from this side */
    uint64_t drawn;     /* those of them for which loss was drawn */
};

struct link {
    struct settings settings;
    struct side side[SIDES];
    uint64_t lost;
    uint64_t dropped;
};

/* Takes all that a side has sent. */
void link_take(struct link *link, int side);

/* Delivers what is due; returns how long until more is, or -1 when nothing is under way. */
int64_t link_deliver(struct link *link);

/* Cutting the link loses what is on it. */
void link_clear(struct link *link);

#endif
