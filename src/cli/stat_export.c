/* SPDX-License-Identifier: MIT */
/* What `stat` gives to programs: JSON, and the text format of Prometheus. */
#include "cli/json.h"
#include "cli/place.h"
#include "cli/stat.h"
#include "cli/util.h"

#include <fcntl.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A figure of an entry. Those of one metric stand together and differ in their outcome. */
struct field {
    const char *key;     /* in JSON */
    const char *metric;  /* of Prometheus, without "tfoshim_"; "_total" at its end: a counter */
    const char *outcome; /* a label, or NULL */
    const char *help;
    double (*value)(const void *entry, uint32_t now); /* NaN: not known */
};

#define FIELD(name, type, expression)                                                              \
    static double name(const void *of, uint32_t now)                                               \
    {                                                                                              \
        const struct type *entry = of;                                                             \
                                                                                                   \
        (void)now;                                                                                 \
        return (expression);                                                                       \
    }

FIELD(deferred, memory_entry, entry->deferred)
FIELD(started, memory_entry, entry->started)
FIELD(accepted, memory_entry, entry->accepted)
FIELD(no_cookie, memory_entry, entry->no_cookie)
FIELD(ignored, memory_entry, entry->ignored)
FIELD(retransmitted, memory_entry, entry->retransmitted)
FIELD(stale, memory_entry, entry->stale)
FIELD(connected, memory_entry, entry->connected)
FIELD(struck, memory_entry, entry->struck)
FIELD(round_trip, memory_entry, entry->rtt_us == 0 ? NAN : entry->rtt_us / 1e6)
FIELD(saved, memory_entry, stat_saved_seconds(entry))
FIELD(backed_off, memory_entry, stat_left(entry->backed_off_until, now))
FIELD(min_round_trip, memory_entry, entry->min_rtt_us == 0 ? NAN : entry->min_rtt_us / 1e6)
FIELD(room, memory_entry, entry->room == 0 ? NAN : entry->room)
FIELD(reads_first, memory_entry, stat_left(entry->learned_until[MEMORY_READS_FIRST], now))
FIELD(writes_unfit, memory_entry, stat_left(entry->learned_until[MEMORY_WRITES_UNFIT], now))
FIELD(never_reads, memory_entry, stat_left(entry->learned_until[MEMORY_NEVER_READS], now))
FIELD(costs_a_wait, memory_entry, stat_left(entry->learned_until[MEMORY_COSTS_A_WAIT], now))
FIELD(connected_age, memory_entry,
      entry->last_connected == 0 ? NAN : stat_age(entry->last_connected, now))
FIELD(seen_age, memory_entry, stat_age(entry->last_seen, now))
FIELD(queue, memory_listener_entry, entry->queue)
FIELD(set, memory_listener_entry, entry->set)
FIELD(taken, memory_listener_entry, entry->accepted)
FIELD(guarded, memory_listener_entry, entry->guarded)
FIELD(proved, memory_listener_entry, entry->proved)
FIELD(unproved, memory_listener_entry, entry->unproved)
FIELD(listener_seen_age, memory_listener_entry, stat_age(entry->last_seen, now))

static const struct field destination_fields[] = {
    {"deferred", "connects_deferred_total", NULL, "Connects that were deferred.", deferred},
    {"started", "connects_started_total", NULL, "Deferred connects whose SYN left without data.",
     started},
    {"accepted", "fast_opens_total", "accepted",
     "SYNs with data, by outcome; each accepted one saved a round trip.", accepted},
    {"no_cookie", "fast_opens_total", "no_cookie", NULL, no_cookie},
    {"ignored", "fast_opens_total", "ignored", NULL, ignored},
    {"retransmitted", "fast_opens_total", "retransmitted", NULL, retransmitted},
    {"stale", "fast_opens_total", "stale", NULL, stale},
    {"connected", "handshakes_total", NULL, "Handshakes that were completed.", connected},
    {"failed", "connects_failed_total", NULL, "Connects that were refused, reset or timed out.",
     struck},
    {"round_trip_seconds", "round_trip_seconds", NULL, "The smoothed round-trip time.", round_trip},
    {"min_round_trip_seconds", "min_round_trip_seconds", NULL, "The shortest round-trip time.",
     min_round_trip},
    {"syn_room_bytes", "syn_room_bytes", NULL, "How much data fits into a SYN.", room},
    {"saved_seconds", "saved_seconds", NULL,
     "Time saved: the present round-trip time for each accepted fast open.", saved},
    {"backed_off_seconds", "backed_off_seconds", NULL,
     "Remaining time of the back-off after failed fast opens.", backed_off},
    {"reads_first_seconds", "reads_first_seconds", NULL,
     "Remaining time without deferral for a program that reads first.", reads_first},
    {"writes_unfit_seconds", "writes_unfit_seconds", NULL,
     "Remaining time without deferral for a program whose first writes may not go into a SYN.",
     writes_unfit},
    {"never_reads_seconds", "never_reads_seconds", NULL,
     "Remaining time without deferral for a program that never reads.", never_reads},
    {"costs_a_wait_seconds", "costs_a_wait_seconds", NULL,
     "Remaining time without deferral for a program that deferring made wait.", costs_a_wait},
    {"connected_seconds_ago", "connected_age_seconds", NULL, "Time since the last handshake.",
     connected_age},
    {"seen_seconds_ago", "seen_age_seconds", NULL, "Time since the last event.", seen_age},
    {NULL, NULL, NULL, NULL, NULL},
};

static const struct field listener_fields[] = {
    {"queue", "listener_queue_length", NULL, "The queue length that was set last (TCP_FASTOPEN).",
     queue},
    {"set", "listener_set_total", NULL, "How often TCP_FASTOPEN was set.", set},
    {"accepted", "listener_fast_opens_total", NULL, "Connections that had data in their SYN.",
     taken},
    {"guarded", "listener_guarded_total", NULL,
     "Connections whose data was held back until the handshake was complete.", guarded},
    {"proved", "listener_proved_total", NULL, "Guarded connections whose handshake was completed.",
     proved},
    {"unproved", "listener_unproved_total", NULL, "Guarded connections whose handshake failed.",
     unproved},
    {"seen_seconds_ago", "listener_seen_age_seconds", NULL, "Time since the last event.",
     listener_seen_age},
    {NULL, NULL, NULL, NULL, NULL},
};

/* ---- JSON ---- */

static void put_place(struct json *in, const struct memory_destination *of,
                      const struct stat_view *view)
{
    char address[PLACE_TEXT_MOST];
    place_address_text(address, of->endpoint.address);
    json_string(in, "address", address);
    json_integer(in, "port", of->endpoint.port);
    json_integer(in, "netns", of->netns);
    json_boolean(in, "here", of->netns == view->netns);
}

static void put_fields(struct json *in, const struct field *field, const void *entry, uint32_t now)
{
    for (; field->key != NULL; field++)
        json_number(in, field->key, field->value(entry, now));
}

void stat_put_destination(struct json *in, const struct memory_entry *entry, uint32_t now)
{
    json_integer(in, "tried", entry->tried);
    json_integer(in, "round_trips_saved", entry->accepted);
    put_fields(in, destination_fields, entry, now);
    json_string(in, "last", stat_reasons[entry->reason].name);
}

void stat_put_listener(struct json *in, const struct memory_listener_entry *entry, uint32_t now)
{
    put_fields(in, listener_fields, entry, now);
}

static void put_destinations(struct json *in, const struct stat_view *view)
{
    struct json *all = json_array(in, "destinations");
    for (size_t i = 0; i < view->destination_count; i++) {
        const struct memory_entry *entry = &view->destinations[i];
        struct json *one = json_object(all, NULL);
        char *trouble = stat_trouble(view, entry);
        put_place(one, &entry->destination, view);
        stat_put_destination(one, entry, view->now);
        json_string(one, "trouble", trouble);
        free(trouble);
    }
}

static void put_listeners(struct json *in, const struct stat_view *view)
{
    struct json *all = json_array(in, "listeners");
    for (size_t i = 0; i < view->listener_count; i++) {
        struct json *one = json_object(all, NULL);
        put_place(one, &view->listeners[i].listener, view);
        stat_put_listener(one, &view->listeners[i], view->now);
    }
}

static const char *or_null(const char *text)
{
    return text[0] != '\0' ? text : NULL;
}

static void put_processes(struct json *in, const struct processes *processes)
{
    struct json *all = json_array(in, "processes");
    for (size_t i = 0; i < processes->count; i++) {
        const struct process *process = &processes->all[i];
        struct json *one = json_object(all, NULL);
        json_integer(one, "pid", (uint64_t)process->pid);
        json_string(one, "program", or_null(process->program));
        json_string(one, "policy", process->policy);
        json_string(one, "version", or_null(process->version));
        json_string(one, "former", or_null(process->former));
        json_string(one, "refusal", process->refusal);
    }
}

static void put_counters(struct json *in, const struct stat_view *view)
{
    struct json *all = json_object(in, "kernel");
    for (size_t i = 0; i < STAT_COUNTERS; i++)
        json_count(all, view->counters[i].name, view->counters[i].kernel);
}

void stat_print_json(const struct stat_view *view)
{
    struct json *json = json_new();
    json_integer(json, "netns", view->netns);
    put_destinations(json, view);
    put_listeners(json, view);
    put_processes(json, &view->processes);
    put_counters(json, view);
    json_print(json);
}

/* ---- Prometheus ---- */

#define PREFIX "tfoshim_"

void stat_print_label_value(FILE *stream, const char *value)
{
    for (; *value != '\0'; value++) {
        if (*value == '\\' || *value == '"')
            putc('\\', stream);
        if (*value == '\n')
            fputs("\\n", stream);
        else
            putc(*value, stream);
    }
}

static void print_label(FILE *stream, const char *before, const char *name, const char *value)
{
    fprintf(stream, "%s%s=\"", before, name);
    stat_print_label_value(stream, value);
    putc('"', stream);
}

static bool is_counter(const char *metric)
{
    static const char suffix[] = "_total";
    const size_t length = strlen(metric);
    return length >= sizeof suffix - 1 &&
           strcmp(metric + length - (sizeof suffix - 1), suffix) == 0;
}

static void print_head(FILE *stream, const char *metric, const char *help)
{
    fprintf(stream, "# HELP " PREFIX "%s %s\n# TYPE " PREFIX "%s %s\n", metric, help, metric,
            is_counter(metric) ? "counter" : "gauge");
}

static void print_sample(FILE *stream, const struct field *field,
                         const struct memory_destination *of, double value)
{
    char address[PLACE_TEXT_MOST], port[8], netns[24];
    if (isnan(value))
        return;
    place_address_text(address, of->endpoint.address);
    snprintf(port, sizeof port, "%u", of->endpoint.port);
    snprintf(netns, sizeof netns, "%" PRIu64, of->netns);
    fprintf(stream, PREFIX "%s", field->metric);
    print_label(stream, "{", "address", address);
    print_label(stream, ",", "port", port);
    print_label(stream, ",", "netns", netns);
    if (field->outcome != NULL)
        print_label(stream, ",", "outcome", field->outcome);
    fprintf(stream, "} %.15g\n", value);
}

static void write_destinations(FILE *stream, const struct stat_view *view)
{
    for (const struct field *field = destination_fields; field->key != NULL; field++) {
        if (field->help != NULL)
            print_head(stream, field->metric, field->help);
        for (size_t i = 0; i < view->destination_count; i++)
            print_sample(stream, field, &view->destinations[i].destination,
                         field->value(&view->destinations[i], view->now));
    }
}

static void write_listeners(FILE *stream, const struct stat_view *view)
{
    for (const struct field *field = listener_fields; field->key != NULL; field++) {
        print_head(stream, field->metric, field->help);
        for (size_t i = 0; i < view->listener_count; i++)
            print_sample(stream, field, &view->listeners[i].listener,
                         field->value(&view->listeners[i], view->now));
    }
}

static void write_processes(FILE *stream, const struct processes *processes)
{
    static const char metric[] = "processes";
    print_head(stream, metric,
               "Processes that have the library, by program and version of the policy.");
    for (size_t i = 0; i < processes->count; i += processes_same(processes, i)) {
        const struct process *process = &processes->all[i];
        fprintf(stream, PREFIX "%s", metric);
        print_label(stream, "{", "program", process->program);
        print_label(stream, ",", "policy", process->policy != NULL ? process->policy : "");
        print_label(stream, ",", "version", process->version);
        print_label(stream, ",", "former", process->former);
        print_label(stream, ",", "refusal", process->refusal != NULL ? process->refusal : "");
        fprintf(stream, "} %zu\n", processes_same(processes, i));
    }
}

static void write_metrics(FILE *stream, const struct stat_view *view)
{
    static const char kernel[] = "kernel_events_total";
    write_destinations(stream, view);
    write_listeners(stream, view);
    write_processes(stream, &view->processes);
    print_head(stream, kernel,
               "Counters of the kernel for this network namespace, for all programs.");
    for (size_t i = 0; i < STAT_COUNTERS; i++) {
        if (view->counters[i].kernel < 0)
            continue;
        fprintf(stream, PREFIX "%s", kernel);
        print_label(stream, "{", "counter", view->counters[i].name);
        fprintf(stream, "} %lld\n", view->counters[i].kernel);
    }
}

void stat_print_prometheus(const struct stat_view *view)
{
    write_metrics(stdout, view);
}

/* ---- into a file ---- */

/* Others are to read the file, whatever the umask. */
static bool let_others_read(int fd)
{
    const mode_t mask = umask(0);
    umask(mask);
    return fchmod(fd, 0666 & ~mask) == 0;
}

static bool write_file(FILE *stream, const struct stat_view *view)
{
    bool done;
    write_metrics(stream, view);
    done = fflush(stream) == 0 && !ferror(stream) && let_others_read(fileno(stream)) &&
           fsync(fileno(stream)) == 0;
    return fclose(stream) == 0 && done;
}

/* The collector must never see half a file: written beside it, under a name that it does not read,
 * and renamed. */
bool stat_export(const char *name, const struct stat_view *view)
{
    const size_t size = strlen(name) + sizeof(".XXXXXX");
    char *temporary = need_memory(malloc(size));
    bool done = false;
    int fd;
    snprintf(temporary, size, "%s.XXXXXX", name);
    fd = mkostemp(temporary, O_CLOEXEC);
    if (fd < 0) {
        complain_errno("stat: cannot create a file beside \"%s\"", name);
    } else if (!write_file(need_memory(fdopen(fd, "w")), view) || rename(temporary, name) != 0) {
        complain_errno("stat: cannot write \"%s\"", name);
        unlink(temporary);
    } else {
        done = true;
    }
    free(temporary);
    return done;
}
