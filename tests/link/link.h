/* SPDX-License-Identifier: MIT */
#ifndef LINK_LINK_H
#define LINK_LINK_H

#include "queue.h"
#include "settings.h"

struct side {
    int tun;
    int pcap;           /* what this side's host would capture, or -1 */
    struct queue queue; /* packets on their way to this side */
    struct queue late;  /* those of them that others may overtake */
    uint64_t taken;     /* packets that came from this side */
    uint64_t drawn;     /* those of them for which loss was drawn */
    uint64_t passed;    /* those for which it was drawn whether they are late */
};

/* A cut that a SYN began, by the clock; no end: there is none. */
struct timed_cut {
    int64_t begin;
    int64_t end;
    bool begun;
};

struct link {
    struct settings settings;
    struct side side[SIDES];
    struct timed_cut cut;
    uint64_t lost;
    uint64_t dropped;
};

/* Takes all that a side has sent. */
void link_take(struct link *link, int side);

/* Delivers what is due; returns how long until more is, or -1 when nothing is under way. */
int64_t link_deliver(struct link *link);

/* How many packets are on it? */
size_t link_under_way(const struct link *link);

/* Cutting the link loses what is on it. */
void link_clear(struct link *link);

#endif
