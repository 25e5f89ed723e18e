/* SPDX-License-Identifier: MIT */
/* What several users' memories know of one place, as one entry. */
#include "cli/stat.h"

#include <stdlib.h>
#include <string.h>

static int compare_places(const struct memory_destination *one,
                          const struct memory_destination *other)
{
    if (one->netns != other->netns)
        return one->netns < other->netns ? -1 : 1;
    if (one->endpoint.port != other->endpoint.port)
        return one->endpoint.port < other->endpoint.port ? -1 : 1;
    return memcmp(one->endpoint.address, other->endpoint.address, sizeof(one->endpoint.address));
}

/* Of one place the latest comes last. */
static int by_place(const void *left, const void *right)
{
    const struct memory_entry *one = left, *other = right;
    const int order = compare_places(&one->destination, &other->destination);

    return order != 0 ? order
                      : (one->last_seen > other->last_seen) - (one->last_seen < other->last_seen);
}

static int listeners_by_place(const void *left, const void *right)
{
    const struct memory_listener_entry *one = left, *other = right;
    const int order = compare_places(&one->listener, &other->listener);

    return order != 0 ? order
                      : (one->last_seen > other->last_seen) - (one->last_seen < other->last_seen);
}

static uint32_t later(uint32_t one, uint32_t other)
{
    return one > other ? one : other;
}

static void add_counts(struct memory_entry *sum, const struct memory_entry *entry)
{
    sum->deferred += entry->deferred;
    sum->started += entry->started;
    sum->tried += entry->tried;
    sum->accepted += entry->accepted;
    sum->no_cookie += entry->no_cookie;
    sum->ignored += entry->ignored;
    sum->retransmitted += entry->retransmitted;
    sum->stale += entry->stale;
    sum->struck += entry->struck;
    sum->connected += entry->connected;
}

/* What happened last, and how it looked then, is the later one's. */
static void merge(struct memory_entry *earlier, const struct memory_entry *last)
{
    struct memory_entry sum = *last;

    add_counts(&sum, earlier);
    if (sum.rtt_us == 0)
        sum.rtt_us = earlier->rtt_us;
    if (sum.min_rtt_us == 0 || (earlier->min_rtt_us != 0 && earlier->min_rtt_us < sum.min_rtt_us))
        sum.min_rtt_us = earlier->min_rtt_us;
    if (sum.room == 0)
        sum.room = earlier->room;
    sum.last_connected = later(sum.last_connected, earlier->last_connected);
    sum.backed_off_until = later(sum.backed_off_until, earlier->backed_off_until);
    for (size_t i = 0; i < MEMORY_LESSONS; i++)
        sum.learned_until[i] = later(sum.learned_until[i], earlier->learned_until[i]);
    *earlier = sum;
}

static void merge_destinations(struct stat_view *view)
{
    size_t kept = 0;

    for (size_t i = 1; i < view->destination_count; i++)
        if (compare_places(&view->destinations[kept].destination,
                           &view->destinations[i].destination) == 0)
            merge(&view->destinations[kept], &view->destinations[i]);
        else
            view->destinations[++kept] = view->destinations[i];
    view->destination_count = view->destination_count > 0 ? kept + 1 : 0;
}

static void merge_listeners(struct stat_view *view)
{
    size_t kept = 0;

    for (size_t i = 1; i < view->listener_count; i++) {
        struct memory_listener_entry *sum = &view->listeners[kept], entry = view->listeners[i];

        if (compare_places(&sum->listener, &entry.listener) != 0) {
            view->listeners[++kept] = entry;
            continue;
        }
        entry.set += sum->set;
        entry.accepted += sum->accepted;
        entry.guarded += sum->guarded;
        entry.proved += sum->proved;
        entry.unproved += sum->unproved;
        *sum = entry;
    }
    view->listener_count = view->listener_count > 0 ? kept + 1 : 0;
}

void stat_merge(struct stat_view *view)
{
    if (view->destination_count > 0)
        qsort(view->destinations, view->destination_count, sizeof(*view->destinations), by_place);
    merge_destinations(view);
    if (view->listener_count > 0)
        qsort(view->listeners, view->listener_count, sizeof(*view->listeners), listeners_by_place);
    merge_listeners(view);
}
