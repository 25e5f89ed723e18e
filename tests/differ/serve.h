/* SPDX-License-Identifier: MIT */
#ifndef DIFFER_SERVE_H
#define DIFFER_SERVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ports.h"

struct connection {
    int fd;
    enum kind kind;
    const char *name;
    size_t bytes;
    uint32_t sum;
    bool syn_data; /* its first bytes came in the SYN */
    unsigned char first;
    size_t owed_length;
    unsigned char *owed;
    const char *end;
};

/* Says what it has to say first, and serves what has come. */
void connection_begin(struct connection *one);

/* Reads and answers what there is to read and to answer. */
void connection_serve(struct connection *one);

void connection_end(struct connection *one, const char *end);

/* Has the connection watched, by the server's epoll, for what it waits for. */
void connection_watch(struct connection *one, bool is_new, uint32_t events);

#endif
