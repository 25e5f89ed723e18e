/* SPDX-License-Identifier: MIT */
#include "cli/json.h"
#include "cli/options.h"
#include "cli/paint.h"
#include "cli/place.h"
#include "cli/text_table.h"
#include "cli/util.h"
#include "cli/verbs.h"
#include "kernel/metrics.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct request {
    bool flushing;
    bool json;
};

static const struct verb_option options[] = {
    PAINT_OPTION,
    {"flush", .kind = OPTION_FLAG, .target = offsetof(struct request, flushing)},
    JSON_OPTION(struct request, json),
    OPTIONS_END,
};

static const char help[] =
    "usage: tfoshim cookies [--color WHEN] [--flush|--json] [HOST]\n"
    "\n"
    "Lists the Fast Open cookies that the kernel has cached for this network namespace, for\n"
    "all servers or one, and the SYNs with data that were lost.\n"
    "\n"
    "options:\n"
    "      --flush       make the kernel forget HOST, or all hosts, with everything that it\n"
    "                    has learned about them (needs CAP_NET_ADMIN)\n" PAINT_HELP
    "      --help        this text\n" JSON_HELP;

/* Those that are to be listed. */
struct list {
    const struct addrinfo *wanted; /* NULL: every host */
    struct metrics *all;
    size_t count;
};

static bool is_wanted(const struct addrinfo *wanted, const uint8_t address[16])
{
    struct endpoint endpoint;
    for (const struct addrinfo *at = wanted; at != NULL; at = at->ai_next)
        if (endpoint_from_sockaddr(&endpoint, at->ai_addr, at->ai_addrlen) &&
            memcmp(endpoint.address, address, sizeof endpoint.address) == 0)
            return true;
    return wanted == NULL;
}

/* Most entries of the cache have nothing to do with Fast Open. */
static void add(void *context, const struct metrics *metrics)
{
    struct list *list = context;
    if ((metrics->cookie_length == 0 && metrics->syn_drops == 0) ||
        !is_wanted(list->wanted, metrics->address))
        return;
    list->all = need_room(list->all, list->count + 1, sizeof *list->all);
    list->all[list->count++] = *metrics;
}

/* ---- as a table ---- */

static char *failures(const struct metrics *metrics)
{
    char *since, *text;
    if (metrics->syn_drops == 0)
        return need_memory(strdup("none"));
    since = duration_text(metrics->drop_age_ms);
    text = need_text("%u SYN%s lost, the last %s ago", metrics->syn_drops,
                     metrics->syn_drops == 1 ? "" : "s", since);
    free(since);
    return text;
}

static void add_row(struct table *table, const struct metrics *metrics)
{
    char text[PLACE_TEXT_MOST], cookie[2 * METRICS_COOKIE_MOST + 1];
    place_address_text(text, metrics->address);
    table_add_copy(table, text);
    place_address_text(text, metrics->source);
    table_add_copy(table, text);
    metrics_cookie_text(cookie, metrics);
    table_add_copy(table, cookie[0] == '\0' ? "-" : cookie);
    table_add_text(table, "%u", metrics->mss);
    table_add(table, duration_text(metrics->age_ms));
    table_add(table, failures(metrics));
}

static void print_table(const struct list *list)
{
    static const char *const titles[] = {"server", "from", "cookie", "mss", "age", "failures"};
    struct table table;
    if (list->count == 0) {
        puts(list->wanted == NULL ? "the kernel has no cookies"
                                  : "the kernel has no cookie of this host");
        return;
    }
    table = table_of(titles, 6);
    for (size_t i = 0; i < list->count; i++)
        add_row(&table, &list->all[i]);
    table_print(&table, "");
}

/* ---- as JSON ---- */

static void put(struct json *in, const struct metrics *metrics)
{
    char text[PLACE_TEXT_MOST], cookie[2 * METRICS_COOKIE_MOST + 1];
    struct json *one = json_object(in, NULL);
    place_address_text(text, metrics->address);
    json_string(one, "server", text);
    place_address_text(text, metrics->source);
    json_string(one, "from", text);
    metrics_cookie_text(cookie, metrics);
    json_string(one, "cookie", cookie[0] == '\0' ? NULL : cookie);
    json_count(one, "mss_bytes", metrics->mss > 0 ? metrics->mss : -1);
    json_number(one, "age_seconds", (double)metrics->age_ms / 1e3);
    json_integer(one, "syns_lost", metrics->syn_drops);
    json_number(one, "syn_lost_seconds_ago",
                metrics->syn_drops > 0 ? (double)metrics->drop_age_ms / 1e3 : NAN);
}

static void print_json(const struct list *list)
{
    struct json *json = json_new(), *cookies = json_array(json, "cookies");
    for (size_t i = 0; i < list->count; i++)
        put(cookies, &list->all[i]);
    json_print(json);
}

static int list_cookies(const struct addrinfo *wanted, bool as_json)
{
    struct list list = {.wanted = wanted};
    const bool done = no_error(metrics_each(add, &list), METRICS_UNREAD);
    if (done)
        (as_json ? print_json : print_table)(&list);
    free(list.all);
    return done && finish_output() ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* ---- the verb ---- */

static int flush(const struct addrinfo *wanted)
{
    int error = wanted == NULL ? metrics_forget(NULL) : 0;
    struct endpoint endpoint;
    for (const struct addrinfo *at = wanted; at != NULL && error == 0; at = at->ai_next)
        if (endpoint_from_sockaddr(&endpoint, at->ai_addr, at->ai_addrlen))
            error = metrics_forget(endpoint.address);
    return no_error(error, "cannot make the kernel forget") ? EXIT_SUCCESS : EXIT_FAILURE;
}

static int serve(const struct request *request, const char *host)
{
    struct addrinfo *wanted = NULL;
    struct place place;
    int status;
    if (request->flushing && request->json) {
        complain("cookies: --flush and --json cannot be used together");
        return EXIT_USAGE;
    }
    if (host != NULL) {
        if (!place_read(&place, host, "cookies"))
            return EXIT_USAGE;
        wanted = place_resolve(&place, AF_UNSPEC, "cookies");
        if (wanted == NULL)
            return EXIT_FAILURE;
    }
    status = request->flushing ? flush(wanted) : list_cookies(wanted, request->json);
    if (wanted != NULL)
        freeaddrinfo(wanted);
    return status;
}

int cookies_main(int argc, char **argv)
{
    static const struct syntax syntax = {"cookies", help, options, OPERANDS_MAYBE_ONE, "host", 0};
    struct request request = {.flushing = false};
    int status;
    char **words = options_read(&syntax, &request, argc, argv, &status);
    return words != NULL ? serve(&request, words[0]) : status;
}
