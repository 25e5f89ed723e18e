/* SPDX-License-Identifier: MIT */
#include "cli/machine.h"
#include "cli/metrics.h"
#include "cli/recollection.h"
#include "cli/stat.h"
#include "cli/util.h"

#include <stdlib.h>
#include <string.h>

static int compare(double left, double right)
{
    return (left > right) - (left < right);
}

static int by_gain(const void *left, const void *right)
{
    const struct memory_entry *one = left, *other = right;
    const int order = compare(stat_saved_seconds(other), stat_saved_seconds(one));

    return order != 0 ? order : compare(other->last_seen, one->last_seen);
}

static int listeners_by_gain(const void *left, const void *right)
{
    const struct memory_listener_entry *one = left, *other = right;
    const int order = compare(other->accepted, one->accepted);

    return order != 0 ? order : compare(other->last_seen, one->last_seen);
}

/* What the memory in use has. */
static void collect_destinations(struct stat_view *view)
{
    const size_t room = view->destination_count + MEMORY_ENTRIES;

    view->destinations =
        need_memory(realloc(view->destinations, room * sizeof(*view->destinations)));
    for (unsigned i = 0; i < MEMORY_ENTRIES; i++)
        if (memory_entry(i, &view->destinations[view->destination_count]))
            view->destination_count++;
}

static void collect_listeners(struct stat_view *view)
{
    const size_t room = view->listener_count + MEMORY_LISTENERS;

    view->listeners = need_memory(realloc(view->listeners, room * sizeof(*view->listeners)));
    for (unsigned i = 0; i < MEMORY_LISTENERS; i++)
        if (memory_listener_entry(i, &view->listeners[view->listener_count]))
            view->listener_count++;
}

static void collect(void *context)
{
    collect_destinations(context);
    collect_listeners(context);
}

/* Those of other namespaces are counted, and left out. */
static void leave_out(struct stat_view *view)
{
    size_t kept = 0;

    for (size_t i = 0; i < view->destination_count; i++)
        if (view->destinations[i].destination.netns == view->netns)
            view->destinations[kept++] = view->destinations[i];
    view->elsewhere += view->destination_count - kept;
    view->destination_count = kept;
    kept = 0;
    for (size_t i = 0; i < view->listener_count; i++)
        if (view->listeners[i].listener.netns == view->netns)
            view->listeners[kept++] = view->listeners[i];
    view->elsewhere += view->listener_count - kept;
    view->listener_count = kept;
}

static void sort(struct stat_view *view)
{
    if (view->destination_count > 0)
        qsort(view->destinations, view->destination_count, sizeof(*view->destinations), by_gain);
    if (view->listener_count > 0)
        qsort(view->listeners, view->listener_count, sizeof(*view->listeners), listeners_by_gain);
}

static void add_cookie(void *context, const struct metrics *metrics)
{
    struct stat_view *view = context;
    const size_t size = (view->cookie_count + 1) * sizeof(*view->cookies);

    if (metrics->cookie_length == 0)
        return;
    view->cookies = need_memory(realloc(view->cookies, size));
    memcpy(view->cookies[view->cookie_count++], metrics->address, sizeof(*view->cookies));
}

/* Only what happened here is comparable: the kernel counts for each namespace by itself. */
static void count_ours(struct stat_view *view)
{
    long long active = 0, active_fail = 0, passive = 0;

    for (size_t i = 0; i < view->destination_count; i++) {
        if (view->destinations[i].destination.netns != view->netns)
            continue;
        active += view->destinations[i].accepted;
        active_fail += view->destinations[i].ignored + view->destinations[i].retransmitted +
                       view->destinations[i].stale;
    }
    for (size_t i = 0; i < view->listener_count; i++)
        if (view->listeners[i].listener.netns == view->netns)
            passive += view->listeners[i].accepted;
    view->counters[STAT_ACTIVE].ours = active;
    view->counters[STAT_ACTIVE_FAIL].ours = active_fail;
    view->counters[STAT_PASSIVE].ours = passive;
}

bool stat_collect(struct stat_view *view, const struct memories *memories, bool all)
{
    static const char *const names[STAT_COUNTERS] = {
        "TCPFastOpenActive",      "TCPFastOpenActiveFail",     "TCPFastOpenPassive",
        "TCPFastOpenPassiveFail", "TCPFastOpenListenOverflow", "TCPFastOpenCookieReqd",
        "TCPFastOpenBlackhole",
    };

    *view = (struct stat_view){.netns = recollection_netns(), .now = memory_now()};
    if (!memories_each(memories, false, collect, view)) {
        stat_drop(view);
        return false;
    }
    stat_merge(view);
    if (!all)
        leave_out(view);
    sort(view);
    for (size_t i = 0; i < STAT_COUNTERS; i++)
        view->counters[i] = (struct stat_counter){names[i], machine_counter(names[i]), -1};
    count_ours(view);
    stat_processes_collect(&view->processes, memories);
    view->cookies_known = view->destination_count == 0 || metrics_each(add_cookie, view);
    return true;
}

void stat_drop(struct stat_view *view)
{
    free(view->destinations);
    free(view->listeners);
    free(view->cookies);
    stat_processes_drop(&view->processes);
}
