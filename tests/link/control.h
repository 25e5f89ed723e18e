/* SPDX-License-Identifier: MIT */
#ifndef LINK_CONTROL_H
#define LINK_CONTROL_H

#include "link.h"

struct control {
    int commands; /* descriptors, or -1 */
    int answers;
    bool draining; /* an answer is owed when nothing is under way */
    bool skipping; /* the line is too long: to its end it is not looked at */
    size_t length;
    char line[256];
};

void control_open(struct control *control, const char *commands, const char *answers);

__attribute__((format(printf, 2, 3))) void control_answer(const struct control *control,
                                                          const char *format, ...);

/* Obeys the commands that have come. */
void control_read(struct control *control, struct link *link);

/* Gives the answer that `drain` asked for when its time has come. */
void control_drained(struct control *control, const struct link *link);

#endif
