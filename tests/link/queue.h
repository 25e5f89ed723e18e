/* SPDX-License-Identifier: MIT */
#ifndef LINK_QUEUE_H
#define LINK_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct packet {
    struct packet *next;
    int64_t due;
    size_t length;
    unsigned char data[];
};

/*
 * Packets under way in one direction. They leave as they came, even where a delay that became
 * shorter makes a later one due before an earlier one.
 */
struct queue {
    struct packet *first;
    struct packet *last;
    size_t count;
};

/* False when there is no room: the packet is lost, as in a router. */
bool queue_add(struct queue *queue, int64_t due, const unsigned char *data, size_t length);

/* The same for one that leaves when it is due, before what was added earlier and is due later. */
bool queue_insert(struct queue *queue, int64_t due, const unsigned char *data, size_t length);

/* The caller frees it. */
struct packet *queue_take(struct queue *queue);

void queue_clear(struct queue *queue);

#endif
