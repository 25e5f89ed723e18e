/* SPDX-License-Identifier: MIT */
#include "cli/probe.h"
#include "cli/json.h"
#include "cli/options.h"
#include "cli/paint.h"
#include "cli/util.h"
#include "cli/verbs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PORT_UNLESS_GIVEN 443

/* The first of its addresses. `family` is AF_INET, AF_INET6 or AF_UNSPEC. False after a complaint.
 */
static bool find_address(struct probe *probe, int family)
{
    struct addrinfo *addresses = place_resolve(&probe->place, family, "probe");
    if (addresses == NULL)
        return false;
    memcpy(&probe->address, addresses->ai_addr, addresses->ai_addrlen);
    probe->length = addresses->ai_addrlen;
    endpoint_from_sockaddr(&probe->endpoint, addresses->ai_addr, addresses->ai_addrlen);
    freeaddrinfo(addresses);
    return true;
}

/* True: Fast Open works. The heading is printed first, for the rest takes its time. */
static bool try_it(struct probe *probe, int count, bool as_json)
{
    struct trial *trial = need_memory(calloc(1, sizeof *trial));
    bool works;
    trial->probe = probe;
    if (!as_json)
        probe_print_heading(probe);
    works = trial_run(trial, count);
    if (works)
        (as_json ? probe_print_json : probe_print_report)(trial);
    works = works && trial->verdict == VERDICT_WORKS;
    free(trial);
    return works;
}

/* ---- the verb ---- */

struct request {
    const char *file;
    int family;
    bool tls;
    int count;
    int timeout_s;
    bool json;
};

static const struct verb_option options[] = {
    {.letter = '4',
     .kind = OPTION_SET,
     .target = offsetof(struct request, family),
     .value = AF_INET},
    {.letter = '6',
     .kind = OPTION_SET,
     .target = offsetof(struct request, family),
     .value = AF_INET6},
    PAINT_OPTION,
    OPTION_NUMBER_OF("count", struct request, count, 1, PROBE_COUNT_MOST),
    {"data", .kind = OPTION_TEXT, .target = offsetof(struct request, file)},
    JSON_OPTION(struct request, json),
    OPTION_NUMBER_OF("timeout", struct request, timeout_s, 1, 600),
    {"tls", .kind = OPTION_FLAG, .target = offsetof(struct request, tls)},
    OPTIONS_END,
};

static const char help[] =
    "usage: tfoshim probe [OPTION...] HOST[:PORT]\n"
    "\n"
    "Tests whether Fast Open works with a server and on the path to it: requests a cookie,\n"
    "sends a first write in the SYN several times, alternating with plain connections, and\n"
    "reports what happened to the data and what it saves. What plain connections suffer as\n"
    "well is not blamed on Fast Open. The port is 443 unless given.\n"
    "\n"
    "The data is safe to repeat: a TLS ClientHello to port 443 or with --tls, otherwise the\n"
    "HTTP request \"HEAD /\".\n"
    "\n"
    "options:\n"
    "  -4, -6            use IPv4 only, or IPv6 only\n"
    "      --tls         send a TLS ClientHello\n"
    "      --data FILE   send this file; it should be safe to repeat\n"
    "      --count N     number of connections of each kind (5)\n"
    "      --timeout SECONDS\n"
    "                    time limit of one connection (5)\n" PAINT_HELP
    "      --help        this text\n" JSON_HELP "\n"
    "The exit status is 0 if Fast Open works, 1 if it does not.\n";

/* The library would turn our plain connections into fast ones. */
static void shake_off_library(char **argv)
{
    const char *disabled = getenv("TFOSHIM_DISABLE");
    if (getenv("LD_PRELOAD") == NULL && disabled != NULL && strcmp(disabled, "1") == 0)
        return;
    unsetenv("LD_PRELOAD");
    if (setenv("TFOSHIM_DISABLE", "1", 1) == 0)
        execv("/proc/self/exe", argv - 1);
}

static int probe(const struct request *request, char *host, char **argv)
{
    struct probe probe = {.timeout_ms = request->timeout_s * 1000};
    bool works;
    if (request->tls && request->file != NULL) {
        complain("probe: --tls and --data cannot be used together");
        return EXIT_USAGE;
    }
    if (!place_read(&probe.place, host, "probe"))
        return EXIT_USAGE;
    shake_off_library(argv);
    if (probe.place.port == 0)
        probe.place.port = PORT_UNLESS_GIVEN;
    if (request->file != NULL)
        probe.kind = PROBE_FILE;
    else if (request->tls || probe.place.port == 443)
        probe.kind = PROBE_TLS;
    if (!probe_make_data(&probe, request->file))
        return EXIT_USAGE;
    works = find_address(&probe, request->family) && try_it(&probe, request->count, request->json);
    free(probe.data);
    return finish_output() && works ? EXIT_SUCCESS : EXIT_FAILURE;
}

int probe_main(int argc, char **argv)
{
    static const struct syntax syntax = {"probe", help, options, OPERANDS_ONE, "host", 0};
    struct request request = {.family = AF_UNSPEC, .count = 5, .timeout_s = 5};
    int status;
    char **words = options_read(&syntax, &request, argc, argv, &status);
    return words != NULL ? probe(&request, words[0], argv) : status;
}
