/* SPDX-License-Identifier: MIT */
#include "queue.h"

#include <stdlib.h>
#include <string.h>

/* Full-sized packets in flight at 1 Gbit/s and a second of delay; a bound on memory, no more. */
#define QUEUE_MAX 100000

/* NULL when there is no room. */
static struct packet *packet_make(const struct queue *queue, int64_t due, const unsigned char *data,
                                  size_t length)
{
    struct packet *packet = NULL;
    if (queue->count < QUEUE_MAX)
        packet = malloc(sizeof *packet + length);
    if (!packet)
        return NULL;
    packet->due = due;
    packet->length = length;
    memcpy(packet->data, data, length);
    return packet;
}

static void link_in(struct queue *queue, struct packet **at, struct packet *packet)
{
    packet->next = *at;
    *at = packet;
    if (!packet->next)
        queue->last = packet;
    queue->count++;
}

bool queue_add(struct queue *queue, int64_t due, const unsigned char *data, size_t length)
{
    struct packet *packet = packet_make(queue, due, data, length);
    if (!packet)
        return false;
    link_in(queue, queue->last ? &queue->last->next : &queue->first, packet);
    return true;
}

bool queue_insert(struct queue *queue, int64_t due, const unsigned char *data, size_t length)
{
    struct packet *packet = packet_make(queue, due, data, length);
    struct packet **at = &queue->first;
    if (!packet)
        return false;
    while (*at && (*at)->due <= due)
        at = &(*at)->next;
    link_in(queue, at, packet);
    return true;
}

struct packet *queue_take(struct queue *queue)
{
    struct packet *packet = queue->first;
    if (!packet)
        return NULL;
    queue->first = packet->next;
    if (!queue->first)
        queue->last = NULL;
    queue->count--;
    return packet;
}

void queue_clear(struct queue *queue)
{
    struct packet *packet;
    while ((packet = queue_take(queue)))
        free(packet);
}
