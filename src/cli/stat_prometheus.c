/* SPDX-License-Identifier: MIT */
/* The text exposition format: of each metric its HELP, its TYPE and then all of its samples. */
#include "cli/place.h"
#include "cli/stat.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

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

    return length >= sizeof(suffix) - 1 &&
           strcmp(metric + length - (sizeof(suffix) - 1), suffix) == 0;
}

static void print_head(FILE *stream, const char *metric, const char *help)
{
    fprintf(stream, "# HELP " PREFIX "%s %s\n# TYPE " PREFIX "%s %s\n", metric, help, metric,
            is_counter(metric) ? "counter" : "gauge");
}

static void print_sample(FILE *stream, const struct stat_field *field,
                         const struct memory_destination *of, double value)
{
    char address[PLACE_TEXT_MOST], port[8], netns[24];

    if (isnan(value))
        return;
    place_address_text(address, of->endpoint.address);
    snprintf(port, sizeof(port), "%u", of->endpoint.port);
    snprintf(netns, sizeof(netns), "%" PRIu64, of->netns);
    fprintf(stream, PREFIX "%s", field->metric);
    print_label(stream, "{", "address", address);
    print_label(stream, ",", "port", port);
    print_label(stream, ",", "netns", netns);
    if (field->outcome != NULL)
        print_label(stream, ",", "outcome", field->outcome);
    fprintf(stream, "} %.15g\n", value);
}

static void print_destinations(FILE *stream, const struct stat_view *view)
{
    for (const struct stat_field *field = stat_destination_fields; field->key != NULL; field++) {
        if (field->help != NULL)
            print_head(stream, field->metric, field->help);
        for (size_t i = 0; i < view->destination_count; i++)
            print_sample(stream, field, &view->destinations[i].destination,
                         field->value(&view->destinations[i], view->now));
    }
}

static void print_listeners(FILE *stream, const struct stat_view *view)
{
    for (const struct stat_field *field = stat_listener_fields; field->key != NULL; field++) {
        print_head(stream, field->metric, field->help);
        for (size_t i = 0; i < view->listener_count; i++)
            print_sample(stream, field, &view->listeners[i].listener,
                         field->value(&view->listeners[i], view->now));
    }
}

static void print_processes(FILE *stream, const struct stat_processes *processes)
{
    static const char metric[] = "processes";

    print_head(stream, metric,
               "Processes that have the library, by program and version of the policy.");
    for (size_t i = 0; i < processes->count; i += stat_processes_same(processes, i)) {
        const struct stat_process *process = &processes->all[i];

        fprintf(stream, PREFIX "%s", metric);
        print_label(stream, "{", "program", process->program);
        print_label(stream, ",", "policy", process->policy != NULL ? process->policy : "");
        print_label(stream, ",", "version", process->version);
        print_label(stream, ",", "former", process->former);
        print_label(stream, ",", "refusal", process->refusal != NULL ? process->refusal : "");
        fprintf(stream, "} %zu\n", stat_processes_same(processes, i));
    }
}

void stat_print_prometheus(FILE *stream, const struct stat_view *view)
{
    static const char kernel[] = "kernel_events_total";

    print_destinations(stream, view);
    print_listeners(stream, view);
    print_processes(stream, &view->processes);
    print_head(stream, kernel,
               "What the kernel has counted in this network namespace, whoever asked for it.");
    for (size_t i = 0; i < STAT_COUNTERS; i++) {
        if (view->counters[i].kernel < 0)
            continue;
        fprintf(stream, PREFIX "%s", kernel);
        print_label(stream, "{", "counter", view->counters[i].name);
        fprintf(stream, "} %lld\n", view->counters[i].kernel);
    }
}
