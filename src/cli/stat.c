/* SPDX-License-Identifier: MIT */
/* `tfoshim stat`: the verb, and what it shows to people. */
#include "cli/stat.h"
#include "cli/options.h"
#include "cli/paint.h"
#include "cli/place.h"
#include "cli/text_table.h"
#include "cli/util.h"
#include "cli/verbs.h"
#include "kernel/proc.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* ---- the tables ---- */

static void add_netns(struct table *table, const struct stat_view *view, uint64_t netns)
{
    if (netns == view->netns)
        table_add_copy(table, "here");
    else
        table_add_text(table, "%" PRIu64, netns);
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
        table_add_text(table, "%" PRIu32 " x %.1f ms = %.1f ms", entry->accepted,
                       entry->rtt_us / 1e3, stat_saved_seconds(entry) * 1e3);
}

static void add_last(struct table *table, const struct stat_view *view,
                     const struct memory_entry *entry)
{
    const uint32_t left = stat_left(entry->backed_off_until, view->now);
    table_add_text(table, "%s%s%s%s", stat_reasons[entry->reason].text,
                   entry->local ? "; the machine itself" : "",
                   stat_lesson(view, entry) != NULL ? stat_lesson(view, entry) : "",
                   left > 0 ? "; backed off" : "");
}

static void print_destinations(const struct stat_view *view)
{
    static const char *const headings[] = {"netns",   "destination", "tried", "accepted",
                                           "refused", "saved",       "seen",  "last"};
    struct table table = table_of(view->all ? headings : headings + 1, view->all ? 8 : 7);
    for (size_t i = 0; i < view->destination_count; i++) {
        const struct memory_entry *entry = &view->destinations[i];
        if (view->all)
            add_netns(&table, view, entry->destination.netns);
        add_place(&table, &entry->destination.endpoint);
        table_add_text(&table, "%" PRIu32, entry->tried);
        table_add_text(&table, "%" PRIu32, entry->accepted);
        table_add_text(&table, "%" PRIu32, stat_refused(entry));
        add_saved(&table, entry);
        table_add(&table, duration_text(UINT64_C(1000) * stat_age(entry->last_seen, view->now)));
        add_last(&table, view, entry);
    }
    table_print(&table, "");
}

static void print_listeners(const struct stat_view *view)
{
    static const char *const headings[] = {"netns",   "listener", "queue", "with SYN data",
                                           "guarded", "unproved", "seen"};
    struct table table = table_of(view->all ? headings : headings + 1, view->all ? 7 : 6);
    for (size_t i = 0; i < view->listener_count; i++) {
        const struct memory_listener_entry *entry = &view->listeners[i];
        if (view->all)
            add_netns(&table, view, entry->listener.netns);
        add_place(&table, &entry->listener.endpoint);
        table_add_text(&table, "%" PRIu32, entry->queue);
        table_add_text(&table, "%" PRIu32, entry->accepted);
        table_add_text(&table, "%" PRIu32, entry->guarded);
        table_add_text(&table, "%" PRIu32, entry->unproved);
        table_add(&table, duration_text(UINT64_C(1000) * stat_age(entry->last_seen, view->now)));
    }
    table_print(&table, "");
}

#define NUMBERS_MOST 5

static void add_numbers(struct table *table, const struct process *process, size_t count)
{
    char text[NUMBERS_MOST * 12 + 8] = "";
    size_t length = 0;
    for (size_t i = 0; i < count && i < NUMBERS_MOST; i++)
        length += (size_t)snprintf(text + length, sizeof text - length, "%s%d", i > 0 ? ", " : "",
                                   process[i].pid);
    table_add_text(table, "%s%s", text, count > NUMBERS_MOST ? ", ..." : "");
}

/* Where nobody has a configuration there is nothing to tell apart. */
static bool any_version(const struct processes *processes)
{
    for (size_t i = 0; i < processes->count; i++)
        if (processes->all[i].policy != NULL)
            return true;
    return false;
}

static void print_processes(const struct processes *processes)
{
    static const char *const headings[] = {"program", "running", "version", "policy", "process"};
    struct table table = table_of(headings, 5);
    for (size_t i = 0; i < processes->count; i += processes_same(processes, i)) {
        const struct process *process = &processes->all[i];
        table_add_copy(&table, process->program);
        table_add_text(&table, "%zu", processes_same(processes, i));
        table_add_text(&table, "%s%s%s", process->version[0] != '\0' ? process->version : "-",
                       process->former[0] != '\0' ? ", " : "", process->former);
        table_add_text(&table, "%s%s",
                       process->policy != NULL ? process->policy : "built-in or not shared",
                       process->refusal != NULL ? " (has errors now)" : "");
        add_numbers(&table, process, processes_same(processes, i));
    }
    table_print(&table, "");
}

static void print_counters(const struct stat_view *view)
{
    static const char *const headings[] = {"here since boot", "kernel", "tfoshim"};
    struct table table = table_of(headings, 3);
    for (size_t i = 0; i < STAT_COUNTERS; i++) {
        const struct stat_counter *counter = &view->counters[i];
        table_add_copy(&table, counter->name);
        table_add_text(&table, counter->kernel < 0 ? "-" : "%lld", counter->kernel);
        table_add_text(&table, counter->ours < 0 ? "-" : "%lld", counter->ours);
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
            printf("\n%sdestinations that gain nothing, and why%s\n", paint_on(PAINT_HEADING),
                   paint_off());
        any = true;
        place_endpoint_text(place, &view->destinations[i].destination.endpoint);
        printf("  %s%s%s: %s\n", paint_on(PAINT_NOTE), place, paint_off(), trouble);
        free(trouble);
    }
    if (any)
        puts("  to test one of them: tfoshim probe HOST:PORT");
}

/* If the kernel does not allow it, nothing is tried, and nothing was printed above. The bit for
 * listeners is not set by default, and does not matter if there are only clients. */
static void print_switched_off(const struct stat_view *view)
{
    const long bits = proc_sysctl_number("tcp_fastopen");
    if (bits >= 0 && !(bits & FASTOPEN_CLIENT))
        printf("%sthe kernel does not allow Fast Open for clients here (net.ipv4.tcp_fastopen is "
               "%ld): see tfoshim doctor%s\n",
               paint_on(PAINT_BAD), bits, paint_off());
    if (bits >= 0 && !(bits & FASTOPEN_SERVER) &&
        (view->listener_count > 0 || view->destination_count == 0))
        printf("%sthe kernel does not allow Fast Open for listeners here (net.ipv4.tcp_fastopen is "
               "%ld): see tfoshim doctor%s\n",
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
    puts("nothing yet in this network namespace: nothing matched the policy\n"
         "  tfoshim doctor             what keeps Fast Open from working here\n"
         "  tfoshim explain HOST:PORT  what a connect would do now, and why");
}

static void print_table(const struct stat_view *view)
{
    static const char others[] = ": the others belong to programs that use Fast Open themselves or "
                                 "were attached to, to other users, or are forgotten";
    if (view->destination_count == 0 && view->listener_count == 0)
        print_nothing();
    if (view->destination_count > 0) {
        print_destinations(view);
        print_gain(view);
        print_troubles(view);
        puts("");
    }
    if (view->listener_count > 0) {
        print_listeners(view);
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
                     ": the others had a cookie but no data, belong to programs that use Fast Open "
                     "themselves, to other users, or are forgotten");
}

/* ---- the verb ---- */

#define INTERVAL_S 2.0
#define INTERVAL_LEAST_S 0.1
#define INTERVAL_MOST_S 86400.0

/* What is asked for. */
struct request {
    enum { TABLE, JSON, PROMETHEUS, RESET, WATCH } what;
    const char *operand; /* of that option, or NULL */
    bool all;
    struct memories memories;
};

static int choose(void *of, const struct verb_option *option, const char *operand)
{
    struct request *request = of;
    if (request->what != TABLE && (int)request->what != option->value) {
        complain("stat: --json, --prometheus, --reset and --watch cannot be used together");
        return EXIT_USAGE;
    }
    request->what = (unsigned)option->value;
    request->operand = operand;
    return EXIT_SUCCESS;
}

static const struct verb_option options[] = {
    {"all", .kind = OPTION_FLAG, .target = offsetof(struct request, all)},
    PAINT_OPTION,
    {"json", .kind = OPTION_TAKE_NOTHING, .value = JSON, .take = choose},
    {"memory", .kind = OPTION_TEXT, .target = offsetof(struct request, memories.file)},
    {"prometheus", .kind = OPTION_TAKE_MAYBE, .value = PROMETHEUS, .take = choose},
    {"reset", .kind = OPTION_TAKE_NOTHING, .value = RESET, .take = choose},
    {"user", .kind = OPTION_TEXT, .target = offsetof(struct request, memories.name)},
    {"watch", .kind = OPTION_TAKE_MAYBE, .value = WATCH, .take = choose},
    OPTIONS_END,
};

static const char help[] =
    "usage: tfoshim stat [--all] [--color WHEN] [--watch [SECONDS]] [WHOSE]\n"
    "       tfoshim stat [--all] --json | --prometheus [FILE] [WHOSE]\n"
    "       tfoshim stat --reset [WHOSE]\n"
    "\n"
    "Shows what Fast Open saved for the programs of this user (for root: of all users), where\n"
    "it failed, and the counters of the kernel. The entry that saved the most comes first.\n"
    "WHOSE is --user USER or --memory FILE.\n"
    "\n"
    "options:\n"
    "      --all         include other network namespaces\n" PAINT_HELP
    "      --help        this text\n" JSON_HELP
    "      --memory FILE show the destination memory that this file names\n"
    "      --prometheus [FILE]\n"
    "                    print metrics in the text format of Prometheus, or atomically\n"
    "                    replace FILE by them for the textfile collector\n"
    "      --reset       forget all that would be shown, in every network namespace\n"
    "      --user USER   show the programs of this user\n"
    "      --watch [SECONDS]\n"
    "                    repeat until interrupted, every 2 seconds unless given\n";

/* ---- once ---- */

static int print_once(void (*print)(const struct stat_view *), const struct request *request)
{
    struct stat_view view;
    if (!stat_collect(&view, &request->memories, request->all))
        return EXIT_FAILURE;
    print(&view);
    stat_drop(&view);
    return finish_output() ? EXIT_SUCCESS : EXIT_FAILURE;
}

static void reset_one(void *context)
{
    (void)context;
    memory_reset();
}

static int reset(const struct request *request)
{
    return memories_each(&request->memories, true, reset_one, NULL) ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* ---- repeatedly ---- */

static bool read_interval(const char *text, double *seconds)
{
    char *end = NULL;
    *seconds = INTERVAL_S;
    if (text == NULL)
        return true;
    *seconds = strtod(text, &end);
    if (end != text && *end == '\0' && *seconds >= INTERVAL_LEAST_S && *seconds <= INTERVAL_MOST_S)
        return true;
    complain("stat: --watch: found \"%s\", expected a number of seconds from 0.1 to 86400", text);
    return false;
}

/* Ends when its output does, or by a signal. */
static int watch(const struct request *request)
{
    const bool is_terminal = isatty(STDOUT_FILENO);
    struct timespec pause;
    double seconds;
    if (!read_interval(request->operand, &seconds))
        return EXIT_USAGE;
    pause.tv_sec = (time_t)seconds;
    pause.tv_nsec = (long)((seconds - (double)pause.tv_sec) * 1e9);
    for (;;) {
        /* Cursor home, and clear the screen. */
        fputs(is_terminal ? "\033[H\033[2J" : "", stdout);
        if (print_once(print_table, request) != EXIT_SUCCESS)
            return EXIT_FAILURE;
        nanosleep(&pause, NULL);
        fputs(is_terminal ? "" : "\n", stdout);
    }
}

static int export(const struct request *request)
{
    struct stat_view view;
    int status;
    if (request->operand == NULL)
        return print_once(stat_print_prometheus, request);
    if (!stat_collect(&view, &request->memories, request->all))
        return EXIT_FAILURE;
    status = stat_export(request->operand, &view) ? EXIT_SUCCESS : EXIT_FAILURE;
    stat_drop(&view);
    return status;
}

static int serve(struct request *request)
{
    if (request->memories.name != NULL && request->memories.file != NULL) {
        complain("stat: --memory and --user cannot be used together");
        return EXIT_USAGE;
    }
    if (request->memories.name != NULL &&
        !find_user("stat", request->memories.name, &request->memories.user))
        return EXIT_FAILURE;
    switch (request->what) {
    case JSON:
        return print_once(stat_print_json, request);
    case PROMETHEUS:
        return export(request);
    case RESET:
        return reset(request);
    case WATCH:
        return watch(request);
    default:
        return print_once(print_table, request);
    }
}

int stat_main(int argc, char **argv)
{
    static const struct syntax syntax = {"stat", help, options, OPERANDS_NONE, NULL, 0};
    struct request request = {.what = TABLE};
    int status;
    return options_read(&syntax, &request, argc, argv, &status) != NULL ? serve(&request) : status;
}
