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
    uint64_t lose[SIDES]; /* so many of the next TCP segments from that side are lost */
    bool cut;
    bool drop_syn_data;
    bool drop_option;
    bool strip_option;
    bool strip_data;
    bool reset_syn_data;
};

bool setting_exists(const char *name);
bool setting_is_switch(const char *name);

/* NULL, or what is wrong with the value. A switch without a value is turned on. */
const char *setting_apply(struct settings *settings, const char *name, const char *value);

#endif
