/* SPDX-License-Identifier: MIT */
#include "cli/options.h"
#include "cli/paint.h"
#include "cli/place.h"
#include "cli/text_table.h"
#include "cli/util.h"
#include "cli/verbs.h"
#include "kernel/metrics.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct request {
    bool flushing;
};

static const struct verb_option options[] = {
    PAINT_OPTION,
    {"flush", .kind = OPTION_FLAG, .target = offsetof(struct request, flushing)},
    OPTIONS_END,
};

static const char help[] =
    "usage: tfoshim cookies [--color WHEN] [--flush] [HOST]\n"
    "\n"
    "Lists the Fast Open cookies that the kernel has cached for this network namespace, for\n"
    "all servers or one, and the SYNs with data that were lost.\n"
    "\n"
    "options:\n"
    "      --flush       make the kernel forget HOST, or all hosts, with everything that it\n"
    "                    has learned about them (needs CAP_NET_ADMIN)\n" PAINT_HELP
    "      --help        this text\n";

struct list {
    struct table table;
    const struct addrinfo *wanted; /* NULL: every host */
};

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
static void add_row(void *context, const struct metrics *metrics)
{
    char text[PLACE_TEXT_MOST], cookie[2 * METRICS_COOKIE_MOST + 1];
    struct list *list = context;
    if ((metrics->cookie_length == 0 && metrics->syn_drops == 0) ||
        !is_wanted(list->wanted, metrics->address))
        return;
    place_address_text(text, metrics->address);
    table_add_copy(&list->table, text);
    place_address_text(text, metrics->source);
    table_add_copy(&list->table, text);
    metrics_cookie_text(cookie, metrics);
    table_add_copy(&list->table, cookie[0] == '\0' ? "-" : cookie);
    table_add_text(&list->table, "%u", metrics->mss);
    table_add(&list->table, duration_text(metrics->age_ms));
    table_add(&list->table, failures(metrics));
}

static int list_cookies(const struct addrinfo *wanted)
{
    static const char *const titles[] = {"server", "from", "cookie", "mss", "age", "failures"};
    struct list list = {.table = table_of(titles, 6), .wanted = wanted};
    const bool done = no_error(metrics_each(add_row, &list), METRICS_UNREAD);
    if (done && list.table.count == list.table.columns)
        puts(wanted == NULL ? "the kernel has no cookies"
                            : "the kernel has no cookie of this host");
    if (list.table.count > list.table.columns)
        table_print(&list.table, "");
    else
        table_drop(&list.table);
    return done && finish_output() ? EXIT_SUCCESS : EXIT_FAILURE;
}

static int flush(const struct addrinfo *wanted)
{
    int error = wanted == NULL ? metrics_forget(NULL) : 0;
    struct endpoint endpoint;
    for (const struct addrinfo *at = wanted; at != NULL && error == 0; at = at->ai_next)
        if (endpoint_from_sockaddr(&endpoint, at->ai_addr, at->ai_addrlen))
            error = metrics_forget(endpoint.address);
    return no_error(error, "cannot make the kernel forget") ? EXIT_SUCCESS : EXIT_FAILURE;
}

static int serve(const char *host, bool flushing)
{
    struct addrinfo *wanted = NULL;
    struct place place;
    int status;
    if (host != NULL) {
        if (!place_read(&place, host, "cookies"))
            return EXIT_USAGE;
        wanted = place_resolve(&place, AF_UNSPEC, "cookies");
        if (wanted == NULL)
            return EXIT_FAILURE;
    }
    status = flushing ? flush(wanted) : list_cookies(wanted);
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
    return words != NULL ? serve(words[0], request.flushing) : status;
}
