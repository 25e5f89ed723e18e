/* SPDX-License-Identifier: MIT */
/* Names of files and of programs need escapes; addresses, and words of ours, do not. */
#include "cli/place.h"
#include "cli/stat.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

static void print_place(const struct memory_destination *of, const struct stat_view *view)
{
    char address[PLACE_TEXT_MOST];

    place_address_text(address, of->endpoint.address);
    printf("\"address\": \"%s\", \"port\": %u, \"netns\": %" PRIu64 ", \"here\": %s", address,
           of->endpoint.port, of->netns, of->netns == view->netns ? "true" : "false");
}

static void print_fields(const struct stat_field *field, const void *entry, uint32_t now)
{
    for (; field->key != NULL; field++) {
        const double value = field->value(entry, now);

        if (isnan(value))
            printf(", \"%s\": null", field->key);
        else
            printf(", \"%s\": %.15g", field->key, value);
    }
}

static void print_destination(const struct stat_view *view, const struct memory_entry *entry)
{
    char *trouble = stat_trouble(view, entry);

    fputs("    { ", stdout);
    print_place(&entry->destination, view);
    printf(", \"tried\": %" PRIu32 ", \"round_trips_saved\": %" PRIu32, entry->tried,
           entry->accepted);
    print_fields(stat_destination_fields, entry, view->now);
    printf(", \"last\": \"%s\", \"trouble\": ", stat_reason_name(entry->reason));
    printf(trouble == NULL ? "null" : "\"%s\"", trouble);
    fputs(" }", stdout);
    free(trouble);
}

static void print_listener(const struct stat_view *view, const struct memory_listener_entry *entry)
{
    fputs("    { ", stdout);
    print_place(&entry->listener, view);
    print_fields(stat_listener_fields, entry, view->now);
    fputs(" }", stdout);
}

static void print_string(const char *key, const char *text)
{
    printf(", \"%s\": ", key);
    if (text == NULL || *text == '\0') {
        fputs("null", stdout);
        return;
    }
    putchar('"');
    for (; *text != '\0'; text++)
        if ((unsigned char)*text < ' ')
            printf("\\u%04x", (unsigned char)*text);
        else
            printf(*text == '"' || *text == '\\' ? "\\%c" : "%c", *text);
    putchar('"');
}

static void print_process(const struct stat_process *process)
{
    printf("    { \"pid\": %d", process->pid);
    print_string("program", process->program);
    print_string("policy", process->policy);
    print_string("version", process->version);
    print_string("former", process->former);
    print_string("refusal", process->refusal);
    fputs(" }", stdout);
}

static void print_counters(const struct stat_view *view)
{
    const char *separator = "";

    for (size_t i = 0; i < STAT_COUNTERS; i++) {
        if (view->counters[i].kernel < 0)
            continue;
        printf("%s\n    \"%s\": %lld", separator, view->counters[i].name, view->counters[i].kernel);
        separator = ",";
    }
}

static const char *separator_after(size_t i, size_t count)
{
    return i + 1 < count ? ",\n" : "\n";
}

void stat_print_json(const struct stat_view *view)
{
    printf("{\n  \"netns\": %" PRIu64 ",\n  \"destinations\": [\n", view->netns);
    for (size_t i = 0; i < view->destination_count; i++) {
        print_destination(view, &view->destinations[i]);
        fputs(separator_after(i, view->destination_count), stdout);
    }
    fputs("  ],\n  \"listeners\": [\n", stdout);
    for (size_t i = 0; i < view->listener_count; i++) {
        print_listener(view, &view->listeners[i]);
        fputs(separator_after(i, view->listener_count), stdout);
    }
    fputs("  ],\n  \"processes\": [\n", stdout);
    for (size_t i = 0; i < view->processes.count; i++) {
        print_process(&view->processes.all[i]);
        fputs(separator_after(i, view->processes.count), stdout);
    }
    fputs("  ],\n  \"kernel\": {", stdout);
    print_counters(view);
    fputs("\n  }\n}\n", stdout);
}
