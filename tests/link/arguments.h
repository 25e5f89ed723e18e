/* SPDX-License-Identifier: MIT */
#ifndef LINK_ARGUMENTS_H
#define LINK_ARGUMENTS_H

#include "settings.h"

struct arguments {
    const char *namespace[SIDES];
    const char *pcap[SIDES];
    const char *device;
    const char *control;
    const char *status;
    struct settings settings;
};

/* Ends the process when the arguments make no sense, and after --help. */
void arguments_read(struct arguments *arguments, int argc, char **argv);

void usage(void);

#endif
