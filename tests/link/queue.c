/* SPDX-License-Identifier: MIT */
#include "queue.h"

#include <stdlib.h>
#include <string.h>

/* Full-sized packets in flight at 1 Gbit/s and a second of delay; a bound on memory, no more. */
#define QUEUE_MAX 100000

bool queue_add(struct queue *queue, int64_t due, const unsigned char *data, size_t length)
{
    struct packet *packet;

    if (queue->count == QUEUE_MAX)
        return false;
    packet = malloc(sizeof(*packet) + length);
    if (!packet)
        return false;
    packet->next = NULL;
    packet->due = due;
    packet->length = length;
    memcpy(packet->data, data, length);
    if (queue->last)
        queue->last->next = packet;
    else
        queue->first = packet;
    queue->last = packet;
    queue->count++;
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
