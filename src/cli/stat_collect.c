/* SPDX-License-Identifier: MIT */
/* Collects what is known of destinations and listeners, and finds what keeps them from gaining. */
#include "cli/stat.h"
#include "cli/util.h"
#include "kernel/metrics.h"
#include "kernel/netns.h"
#include "kernel/proc.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* So often is no coincidence. */
#define TIMES_ENOUGH 2

const struct stat_reason stat_reasons[MEMORY_REASONS] = {
    [MEMORY_REASON_NONE] = {"none", "-"},
    [MEMORY_REASON_CONNECTED] = {"connected", "connected plainly"},
    [MEMORY_REASON_STRUCK] = {"failed", "refused, reset or timed out"},
    [MEMORY_REASON_ACCEPTED] = {"accepted", "SYN data acknowledged"},
    [MEMORY_REASON_NO_COOKIE] = {"no_cookie", "no cookie was left"},
    [MEMORY_REASON_IGNORED] = {"ignored", "SYN data not acknowledged"},
    [MEMORY_REASON_SYN_RETRANSMITTED] = {"retransmitted", "SYN with data lost"},
    [MEMORY_REASON_COOKIE_REQUEST_LOST] = {"cookie_request_lost", "cookie request lost"},
    [MEMORY_REASON_STALE] = {"stale", "the cookie was out of date"},
    [MEMORY_REASON_LESSON + MEMORY_READS_FIRST] = {"read_first", "the program read first"},
    [MEMORY_REASON_LESSON +
        MEMORY_WRITES_UNFIT] = {"write_unfit", "the first write may not go into a SYN"},
    [MEMORY_REASON_LESSON + MEMORY_NEVER_READS] = {"never_read", "the program did not read"},
    [MEMORY_REASON_LESSON + MEMORY_COSTS_A_WAIT] = {"waited", "the program was made to wait"},
};

const char *stat_lesson(const struct stat_view *view, const struct memory_entry *entry)
{
    static const char *const texts[MEMORY_LESSONS] = {
        [MEMORY_READS_FIRST] = "; a program reads first",
        [MEMORY_WRITES_UNFIT] = "; a program's first writes may not go into a SYN",
        [MEMORY_NEVER_READS] = "; a program never reads",
        [MEMORY_COSTS_A_WAIT] = "; a program was made to wait",
    };
    for (size_t i = 0; i < MEMORY_LESSONS; i++)
        if (stat_left(entry->learned_until[i], view->now) > 0)
            return texts[i];
    return NULL;
}

static void write_failures(FILE *stream, const struct memory_entry *entry)
{
    const char *separator = "";
    const struct {
        uint32_t times;
        const char *text;
    } failures[] = {
        {entry->retransmitted, "the path dropped the SYN with data"},
        {entry->ignored, "the SYN's data was not acknowledged"},
        {entry->no_cookie, "no cookie was left"},
    };

    for (size_t i = 0; i < sizeof failures / sizeof failures[0]; i++) {
        if (failures[i].times == 0)
            continue;
        fprintf(stream, "%s%s, %" PRIu32 " time%s", separator, failures[i].text, failures[i].times,
                failures[i].times == 1 ? "" : "s");
        separator = "; ";
    }
}

/* Only the kernel of our own namespace can be asked. */
static bool gets_no_cookie(const struct stat_view *view, const struct memory_entry *entry)
{
    if (entry->deferred > 0 || entry->connected < TIMES_ENOUGH || !view->cookies_known ||
        entry->destination.netns != view->netns)
        return false;
    for (size_t i = 0; i < view->cookie_count; i++)
        if (memcmp(view->cookies[i], entry->destination.endpoint.address,
                   sizeof view->cookies[i]) == 0)
            return false;
    return true;
}

static bool is_never_written_to(const struct stat_view *view, const struct memory_entry *entry)
{
    return entry->tried == 0 && entry->started >= TIMES_ENOUGH && stat_lesson(view, entry) == NULL;
}

/* A key that changes now and then costs each client one round trip. */
static bool has_several_keys(const struct memory_entry *entry)
{
    return entry->stale > TIMES_ENOUGH && entry->stale > entry->accepted;
}

/* What keeps the first write out of the SYN. */
static const char *obstacle(const struct stat_view *view, const struct memory_entry *entry)
{
    if (gets_no_cookie(view, entry))
        return "no cookie from the server: it does not support Fast Open, or the path strips the "
               "option";
    if (is_never_written_to(view, entry))
        return "every SYN left without data: the first write may not go into one (first_write), or "
               "the program waits before it writes";
    if (has_several_keys(entry))
        return "most cookies are refused: the servers or listeners of this address have different "
               "keys (tfoshim key, key_file)";
    return NULL;
}

char *stat_trouble(const struct stat_view *view, const struct memory_entry *entry)
{
    const uint32_t left = stat_left(entry->backed_off_until, view->now);
    char *text = NULL, *duration;
    size_t size;
    FILE *stream;
    if (obstacle(view, entry) != NULL)
        return need_memory(strdup(obstacle(view, entry)));
    if (left == 0 && (entry->tried == entry->stale || entry->accepted > 0))
        return NULL;
    stream = need_memory(open_memstream(&text, &size));
    write_failures(stream, entry);
    if (left > 0) {
        duration = duration_text((uint64_t)left * 1000);
        fprintf(stream, ": backed off, connects are plain for %s more", duration);
        free(duration);
    } else {
        fputs(": never accepted so far", stream);
    }
    fclose(stream);
    return need_memory(text);
}

/* ---- several users' memories ---- */

static int compare_places(const struct memory_destination *one,
                          const struct memory_destination *other)
{
    if (one->netns != other->netns)
        return one->netns < other->netns ? -1 : 1;
    if (one->endpoint.port != other->endpoint.port)
        return one->endpoint.port < other->endpoint.port ? -1 : 1;
    return memcmp(one->endpoint.address, other->endpoint.address, sizeof one->endpoint.address);
}

static int compare(double left, double right)
{
    return (left > right) - (left < right);
}

/* Of one place the latest comes last. */
static int by_place(const void *left, const void *right)
{
    const struct memory_entry *one = left, *other = right;
    const int order = compare_places(&one->destination, &other->destination);
    return order != 0 ? order : compare(one->last_seen, other->last_seen);
}

static int listeners_by_place(const void *left, const void *right)
{
    const struct memory_listener_entry *one = left, *other = right;
    const int order = compare_places(&one->listener, &other->listener);
    return order != 0 ? order : compare(one->last_seen, other->last_seen);
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
        qsort(view->destinations, view->destination_count, sizeof *view->destinations, by_place);
    merge_destinations(view);
    if (view->listener_count > 0)
        qsort(view->listeners, view->listener_count, sizeof *view->listeners, listeners_by_place);
    merge_listeners(view);
}

/* ---- all of it ---- */

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
static void collect(void *context)
{
    struct stat_view *view = context;
    view->destinations = need_room(view->destinations, view->destination_count + MEMORY_ENTRIES,
                                   sizeof *view->destinations);
    for (unsigned i = 0; i < MEMORY_ENTRIES; i++)
        if (memory_entry(i, &view->destinations[view->destination_count]))
            view->destination_count++;
    view->listeners = need_room(view->listeners, view->listener_count + MEMORY_LISTENERS,
                                sizeof *view->listeners);
    for (unsigned i = 0; i < MEMORY_LISTENERS; i++)
        if (memory_listener_entry(i, &view->listeners[view->listener_count]))
            view->listener_count++;
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
        qsort(view->destinations, view->destination_count, sizeof *view->destinations, by_gain);
    if (view->listener_count > 0)
        qsort(view->listeners, view->listener_count, sizeof *view->listeners, listeners_by_gain);
}

static void add_cookie(void *context, const struct metrics *metrics)
{
    struct stat_view *view = context;
    if (metrics->cookie_length == 0)
        return;
    view->cookies = need_room(view->cookies, view->cookie_count + 1, sizeof *view->cookies);
    memcpy(view->cookies[view->cookie_count++], metrics->address, sizeof *view->cookies);
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
    *view = (struct stat_view){.all = all, .netns = netns_own(), .now = memory_now()};
    if (!memories_each(memories, false, collect, view)) {
        stat_drop(view);
        return false;
    }
    stat_merge(view);
    if (!all)
        leave_out(view);
    sort(view);
    for (size_t i = 0; i < STAT_COUNTERS; i++)
        view->counters[i] = (struct stat_counter){names[i], proc_counter(names[i]), -1};
    count_ours(view);
    processes_collect(&view->processes, memories);
    view->cookies_known =
        view->destination_count == 0 || no_error(metrics_each(add_cookie, view), METRICS_UNREAD);
    return true;
}

void stat_drop(struct stat_view *view)
{
    free(view->destinations);
    free(view->listeners);
    free(view->cookies);
    processes_drop(&view->processes);
}
