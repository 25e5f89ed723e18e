/* SPDX-License-Identifier: MIT */
#include "cli/machine.h"
#include "cli/paint.h"
#include "cli/place.h"
#include "cli/stat.h"
#include "cli/table.h"
#include "cli/util.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

static void __attribute__((format(printf, 2, 3)))
add_text(struct table *table, const char *format, ...)
{
    va_list arguments;
    char *text = NULL;

    va_start(arguments, format);
    if (vasprintf(&text, format, arguments) < 0)
        text = NULL;
    va_end(arguments);
    table_add(table, need_memory(text));
}

/* ---- the tables ---- */

static void add_headings(struct table *table, const char *const headings[])
{
    for (size_t i = 0; i < table->columns; i++)
        table_add_copy(table, headings[i]);
}

static void add_netns(struct table *table, const struct stat_view *view, uint64_t netns)
{
    if (netns == view->netns)
        table_add_copy(table, "here");
    else
        add_text(table, "%" PRIu64, netns);
}

static void add_place(struct table *table, const struct endpoint *endpoint)
{
    char text[PLACE_TEXT_MOST];

    place_endpoint_text(text, endpoint);
    table_add_copy(table, text);
}

static void add_saved(struct table *table, const struct memory_entry *entry)
{
    if (entry->accepted == 0)
        table_add_copy(table, "-");
    else
        add_text(table, "%" PRIu32 " x %.1f ms = %.1f ms", entry->accepted, entry->rtt_us / 1e3,
                 stat_saved_seconds(entry) * 1e3);
}

static void add_last(struct table *table, const struct stat_view *view,
                     const struct memory_entry *entry)
{
    const uint32_t left = stat_left(entry->backed_off_until, view->now);

    add_text(table, "%s%s%s%s", stat_reason_text(entry->reason),
             entry->local ? "; the machine itself" : "",
             stat_lesson(view, entry) != NULL ? stat_lesson(view, entry) : "",
             left > 0 ? "; backed off" : "");
}

static void print_destinations(const struct stat_view *view, bool all)
{
    static const char *const headings[] = {"netns",   "destination", "tried", "accepted",
                                           "refused", "saved",       "seen",  "last"};
    struct table table = {.columns = all ? 8 : 7};

    add_headings(&table, all ? headings : headings + 1);
    for (size_t i = 0; i < view->destination_count; i++) {
        const struct memory_entry *entry = &view->destinations[i];

        if (all)
            add_netns(&table, view, entry->destination.netns);
        add_place(&table, &entry->destination.endpoint);
        add_text(&table, "%" PRIu32, entry->tried);
        add_text(&table, "%" PRIu32, entry->accepted);
        add_text(&table, "%" PRIu32, stat_refused(entry));
        add_saved(&table, entry);
        table_add(&table, duration_text(UINT64_C(1000) * stat_age(entry->last_seen, view->now)));
        add_last(&table, view, entry);
    }
    table_print(&table, "");
}

static void print_listeners(const struct stat_view *view, bool all)
{
    static const char *const headings[] = {"netns",   "listener", "queue", "with SYN data",
                                           "guarded", "unproved", "seen"};
    struct table table = {.columns = all ? 7 : 6};

    add_headings(&table, all ? headings : headings + 1);
    for (size_t i = 0; i < view->listener_count; i++) {
        const struct memory_listener_entry *entry = &view->listeners[i];

        if (all)
            add_netns(&table, view, entry->listener.netns);
        add_place(&table, &entry->listener.endpoint);
        add_text(&table, "%" PRIu32, entry->queue);
        add_text(&table, "%" PRIu32, entry->accepted);
        add_text(&table, "%" PRIu32, entry->guarded);
        add_text(&table, "%" PRIu32, entry->unproved);
        table_add(&table, duration_text(UINT64_C(1000) * stat_age(entry->last_seen, view->now)));
    }
    table_print(&table, "");
}

#define NUMBERS_MOST 5

static void add_numbers(struct table *table, const struct stat_process *process, size_t count)
{
    char text[NUMBERS_MOST * 12 + 8] = "";
    size_t length = 0;

    for (size_t i = 0; i < count && i < NUMBERS_MOST; i++)
        length += (size_t)snprintf(text + length, sizeof(text) - length, "%s%d", i > 0 ? ", " : "",
                                   process[i].pid);
    add_text(table, "%s%s", text, count > NUMBERS_MOST ? ", ..." : "");
}

/* Where nobody has a configuration there is nothing to tell apart. */
static bool any_version(const struct stat_processes *processes)
{
    for (size_t i = 0; i < processes->count; i++)
        if (processes->all[i].policy != NULL)
            return true;
    return false;
}

static void print_processes(const struct stat_processes *processes)
{
    static const char *const headings[] = {"program", "running", "version", "policy", "process"};
    struct table table = {.columns = 5};

    add_headings(&table, headings);
    for (size_t i = 0; i < processes->count; i += stat_processes_same(processes, i)) {
        const struct stat_process *process = &processes->all[i];

        table_add_copy(&table, process->program);
        add_text(&table, "%zu", stat_processes_same(processes, i));
        add_text(&table, "%s%s%s", process->version[0] != '\0' ? process->version : "-",
                 process->former[0] != '\0' ? ", " : "", process->former);
        add_text(&table, "%s%s", process->policy != NULL ? process->policy : "built in, or its own",
                 process->refusal != NULL ? " (refused as it is now)" : "");
        add_numbers(&table, process, stat_processes_same(processes, i));
    }
    table_print(&table, "");
}

static void print_counters(const struct stat_view *view)
{
    struct table table = {.columns = 3};

    table_add_copy(&table, "here since boot");
    table_add_copy(&table, "kernel");
    table_add_copy(&table, "tfoshim");
    for (size_t i = 0; i < STAT_COUNTERS; i++) {
        const struct stat_counter *counter = &view->counters[i];

        table_add_copy(&table, counter->name);
        add_text(&table, counter->kernel < 0 ? "-" : "%lld", counter->kernel);
        add_text(&table, counter->ours < 0 ? "-" : "%lld", counter->ours);
    }
    table_print(&table, "");
}

/* ---- in words ---- */

static void print_gain(const struct stat_view *view)
{
    unsigned long long round_trips = 0;
    double seconds = 0;

    for (size_t i = 0; i < view->destination_count; i++) {
        round_trips += view->destinations[i].accepted;
        seconds += stat_saved_seconds(&view->destinations[i]);
    }
    printf("saved: %llu round trip%s, %.1f ms in all\n", round_trips, round_trips == 1 ? "" : "s",
           seconds * 1e3);
}

static void print_troubles(const struct stat_view *view)
{
    bool any = false;

    for (size_t i = 0; i < view->destination_count; i++) {
        char place[PLACE_TEXT_MOST], *trouble = stat_trouble(view, &view->destinations[i]);

        if (trouble == NULL)
            continue;
        if (!any)
            printf("\n%swhat gains nothing, and why%s\n", paint_on(PAINT_HEADING), paint_off());
        any = true;
        place_endpoint_text(place, &view->destinations[i].destination.endpoint);
        printf("  %s%s%s: %s\n", paint_on(PAINT_NOTE), place, paint_off(), trouble);
        free(trouble);
    }
    if (any)
        puts("  tfoshim probe HOST:PORT tries it, and tells more");
}

/* Where the kernel does not allow it nothing is tried, and so nothing would be said above. Its part
 * for listeners is off unless asked for, and of no interest where there are only clients. */
static void print_switched_off(const struct stat_view *view)
{
    const long bits = machine_sysctl_number("tcp_fastopen");

    if (bits >= 0 && !(bits & FASTOPEN_CLIENT))
        printf("%sthe kernel lets no client here open fast (net.ipv4.tcp_fastopen is %ld): see "
               "tfoshim doctor%s\n",
               paint_on(PAINT_BAD), bits, paint_off());
    if (bits >= 0 && !(bits & FASTOPEN_SERVER) &&
        (view->listener_count > 0 || view->destination_count == 0))
        printf("%sthe kernel lets no listener here take SYN data (net.ipv4.tcp_fastopen is %ld): "
               "see tfoshim doctor%s\n",
               paint_on(PAINT_NOTE), bits, paint_off());
}

static void print_comparison(const struct stat_counter *counter, const char *what,
                             const char *which, const char *others)
{
    const char *why = "";

    if (counter->kernel < 0 || (counter->kernel == 0 && counter->ours == 0))
        return;
    if (counter->kernel > counter->ours)
        why = others;
    else if (counter->kernel < counter->ours)
        why = ": tfoshim's figure is wrong";
    printf("the kernel counts %lld %s%s%s since boot in this network namespace, tfoshim %lld%s\n",
           counter->kernel, what, counter->kernel == 1 ? "" : "s", which, counter->ours, why);
}

static void print_nothing(void)
{
    puts("nothing yet in this network namespace: no connect that the policy enables, no listener\n"
         "  tfoshim doctor             what keeps Fast Open from working here\n"
         "  tfoshim explain HOST:PORT  what would become of a connect, and why");
}

void stat_print_table(const struct stat_view *view, bool all)
{
    static const char others[] = ": the others are of programs that ask for Fast Open themselves, "
                                 "or were attached to, of other users, or forgotten";

    if (view->destination_count == 0 && view->listener_count == 0)
        print_nothing();
    if (view->destination_count > 0) {
        print_destinations(view, all);
        print_gain(view);
        print_troubles(view);
        puts("");
    }
    if (view->listener_count > 0) {
        print_listeners(view, all);
        puts("");
    }
    if (any_version(&view->processes)) {
        print_processes(&view->processes);
        puts("");
    }
    if (view->elsewhere > 0)
        printf("%zu more in other network namespaces: tfoshim stat --all\n", view->elsewhere);
    print_switched_off(view);
    print_counters(view);
    print_comparison(&view->counters[STAT_ACTIVE], "fast open", "", others);
    print_comparison(&view->counters[STAT_ACTIVE_FAIL], "failed fast open", "", others);
    print_comparison(&view->counters[STAT_PASSIVE], "connection", " accepted with SYN data",
                     ": the others brought a cookie and no data, are of programs that ask for Fast "
                     "Open themselves, of other users, or forgotten");
}
