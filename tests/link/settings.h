/* SPDX-License-Identifier: MIT */
#ifndef LINK_SETTINGS_H
#define LINK_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { LEFT, RIGHT, SIDES };

/* How the link behaves: from the command line at first, from the control FIFO later. */
struct settings {
    int64_t delay_ns; /* one way */
    double loss;      /* percent */
    uint64_t seed;
    uint64_t lose[SIDES];  /* so many of the next TCP segments from that side are lost */
    uint64_t spare[SIDES]; /* but for so many before them */
    double reorder;        /* percent that are held back, */
    int64_t reorder_by_ns; /* so long */
    bool cut;
    uint64_t cut_syn; /* so many of the next SYNs begin a cut each, */
    int64_t cut_after_ns;
    int64_t cut_for_ns;
    bool repeat_syn;
    int64_t repeat_after_ns;
    uint64_t mtu; /* 0: any size passes */
    bool mtu_silent;
    uint64_t nat; /* so many addresses; 0: none is translated */
    bool drop_syn_data;
    bool drop_option;
    bool strip_option;
    bool strip_option_from[SIDES];
    bool alter_cookie;
    bool strip_data;
    bool reset_syn_data;
    uint64_t reset_syn; /* so many of the next SYNs are answered with RST */
};

bool setting_exists(const char *name);
bool setting_is_switch(const char *name);

/* NULL, or what is wrong with the value. A switch without a value is turned on. */
const char *setting_apply(struct settings *settings, const char *name, const char *value);

#endif
