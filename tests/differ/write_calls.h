/* SPDX-License-Identifier: MIT */
#ifndef DIFFER_WRITE_CALLS_H
#define DIFFER_WRITE_CALLS_H

#include "interpret.h"

/* What is to be written, and where. */
struct output {
    struct slot *slot;
    unsigned char *bytes;
    size_t size;
    bool number;
};

/* A way to write; what it returns is the call's result, with errno. */
struct write_call {
    const char *name;
    long (*call)(const struct output *out);
};

/* Ends with a name of NULL. */
extern const struct write_call write_calls[];

#endif
