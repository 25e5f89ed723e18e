/* SPDX-License-Identifier: MIT */
#include "cli/probe.h"
#include "cli/options.h"
#include "cli/paint.h"
#include "cli/util.h"
#include "cli/verbs.h"
#include "kernel/metrics.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PORT_UNLESS_GIVEN 443
#define COUNT_MOST 100

/* The kernel asks with the experimental option after the server has said nothing to the other. */
#define ASK_MOST 2
/* More would only take time. */
#define SWALLOWED_ENOUGH 2

struct tally {
    unsigned tried;
    unsigned acked;
    unsigned ignored;
    unsigned swallowed;
    unsigned reset;
    unsigned no_cookie;
    unsigned lost; /* no connection at all */
    double plain_ms[COUNT_MOST];
    unsigned plain_count;
    double fast_ms[COUNT_MOST];
    unsigned fast_count;
};

/* ---- what is said of it ---- */

static void line(const char *topic, const char *text)
{
    printf("  %-10s  %s\n", topic, text);
}

static int compare(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double values[], unsigned count)
{
    qsort(values, count, sizeof values[0], compare);
    return count % 2 == 1 ? values[count / 2] : (values[count / 2 - 1] + values[count / 2]) / 2;
}

static void show_times(const struct probe *probe, struct tally *tally)
{
    double plain, fast;
    if (!probe->server_answers) {
        line("first byte", "the server does not answer the data, so there are no times "
                           "(--data FILE sends other data)");
        return;
    }
    if (tally->plain_count == 0 || tally->fast_count == 0)
        return;
    plain = median(tally->plain_ms, tally->plain_count);
    fast = median(tally->fast_ms, tally->fast_count);
    printf("  %-10s  plain %.1f ms, fast %.1f ms (medians of %u and %u): %.1f ms %s\n",
           "first byte", plain, fast, tally->plain_count, tally->fast_count,
           plain > fast ? plain - fast : fast - plain, plain >= fast ? "saved" : "lost");
}

static void show_fates(const struct tally *tally)
{
    const struct {
        unsigned count;
        const char *text;
    } fates[] = {
        {tally->acked, "acknowledged in the SYN-ACK"},
        {tally->ignored, "ignored, and sent again after the handshake"},
        {tally->swallowed, "lost with the SYN, which was sent again"},
        {tally->reset, "answered with a reset"},
        {tally->no_cookie, "not sent: the kernel held it back"},
        {tally->lost, "lost: no connection in time"},
    };

    for (size_t i = 0; i < sizeof fates / sizeof fates[0]; i++)
        if (fates[i].count > 0)
            printf("  %-10s  %u of %u %s\n", "SYN data", fates[i].count, tally->tried,
                   fates[i].text);
}

static void show_rule(const struct probe *probe, bool on)
{
    const char *first_write = probe->kind == PROBE_FILE ? "" : " first_write = \"replay-safe\";";
    printf("    { %s = \"%s\"; port = %u;%s }\n", probe->place.is_numeric ? "address" : "host",
           probe->place.host, probe->endpoint.port, on ? first_write : " fastopen = \"off\";");
}

static void show_verdict(bool works, const char *text)
{
    printf("%s%s%s\n", paint_on(works ? PAINT_GOOD : PAINT_BAD), text, paint_off());
}

/* What happened to the SYN's data, the times, the verdict and the rule; true: Fast Open works. */
static bool report(const struct probe *probe, struct tally *tally)
{
    const bool works = tally->acked * 2 > tally->tried;
    show_fates(tally);
    show_times(probe, tally);
    if (works) {
        show_verdict(true, "Fast Open works here. To enable it:");
        show_rule(probe, true);
    } else if (tally->swallowed + tally->reset + tally->lost > 0) {
        show_verdict(false, "The path or the server mishandles SYNs that carry data. To disable "
                            "Fast Open here:");
        show_rule(probe, false);
    } else if (tally->no_cookie > 0) {
        show_verdict(false, "The kernel does not send data in SYNs now: see \"tfoshim doctor\".");
    } else {
        show_verdict(
            false, "Fast Open saves nothing here and does no harm: the server or the path ignores "
                   "the data.");
    }
    return works;
}

static void report_no_cookie(bool syn_lost)
{
    if (syn_lost) {
        line("cookie",
             "none: the SYN that requested one was lost and sent again without the request");
        show_verdict(false, "The path drops SYNs that request a cookie.");
    } else {
        line("cookie", "none received");
        show_verdict(
            false, "The server does not support Fast Open, or the path strips the option from the "
                   "SYN.");
    }
}

/* ---- the trial ---- */

static bool cookie_is_there(const struct probe *probe)
{
    struct metrics metrics;
    bool any;
    return no_error(metrics_of(probe->endpoint.address, &metrics, &any), METRICS_UNREAD) && any &&
           metrics.cookie_length > 0;
}

static bool get_cookie(const struct probe *probe)
{
    bool syn_lost = false;
    struct attempt attempt;
    if (cookie_is_there(probe)) {
        puts("  cookie      already cached");
        return true;
    }
    for (int i = 0; i < ASK_MOST; i++) {
        attempt_make(&attempt, probe, ATTEMPT_ASK);
        if (attempt.error == EOPNOTSUPP) {
            complain("probe: the client bit (1) of net.ipv4.tcp_fastopen is not set, see tfoshim "
                     "doctor");
            return false;
        }
        syn_lost = syn_lost || attempt.retransmissions > 0 || attempt.end == ATTEMPT_TIMED_OUT;
        if (cookie_is_there(probe)) {
            puts("  cookie      received");
            return true;
        }
    }
    report_no_cookie(syn_lost);
    return false;
}

static void count_fate(struct tally *tally, const struct attempt *attempt)
{
    tally->tried++;
    if (attempt->end == ATTEMPT_ANSWERED)
        tally->fast_ms[tally->fast_count++] = attempt->answer_ms;
    if (attempt->syn_data_acked)
        tally->acked++;
    else if (attempt->end == ATTEMPT_TIMED_OUT)
        tally->lost++;
    else if (attempt->client_fail == CLIENT_FAIL_SYN_RETRANSMITTED)
        tally->swallowed++;
    else if (attempt->end == ATTEMPT_REFUSED)
        tally->reset++;
    else if (attempt->client_fail == CLIENT_FAIL_NO_COOKIE)
        tally->no_cookie++;
    else
        tally->ignored++;
}

/* Alternating: what changes on the path meanwhile changes for both. */
static bool try_by_turns(const struct probe *probe, int count)
{
    struct tally tally = {.tried = 0};
    struct attempt attempt;
    for (int i = 0; i < count && tally.swallowed + tally.lost < SWALLOWED_ENOUGH; i++) {
        attempt_make(&attempt, probe, ATTEMPT_PLAIN);
        if (attempt.end == ATTEMPT_ANSWERED)
            tally.plain_ms[tally.plain_count++] = attempt.answer_ms;
        attempt_make(&attempt, probe, ATTEMPT_FAST);
        count_fate(&tally, &attempt);
    }
    return report(probe, &tally);
}

static const char *name_of(const struct probe *probe)
{
    static const char *const names[] = {"an HTTP request", "a TLS ClientHello", "the file"};
    return names[probe->kind];
}

/* The first plain connection tells whether there is anything to compare with. */
static bool is_reachable(struct probe *probe)
{
    char text[PLACE_TEXT_MOST];
    struct attempt attempt;
    place_endpoint_text(text, &probe->endpoint);
    printf("%s%s%s, sending %s of %zu bytes\n", paint_on(PAINT_HEADING), text, paint_off(),
           name_of(probe), probe->size);
    fflush(stdout);
    probe->server_answers = true;
    attempt_make(&attempt, probe, ATTEMPT_PLAIN);
    probe->server_answers = attempt.end == ATTEMPT_ANSWERED;
    if (probe->server_answers || attempt.end == ATTEMPT_SILENT)
        return true;
    complain("probe: %s cannot be reached by a plain connection either: %s", text,
             strerror(attempt.error));
    return false;
}

/* True: Fast Open works. `family` is AF_INET, AF_INET6 or AF_UNSPEC. */
static bool try_it(struct probe *probe, int family, int count)
{
    struct addrinfo *addresses = place_resolve(&probe->place, family, "probe");
    if (addresses == NULL)
        return false;
    memcpy(&probe->address, addresses->ai_addr, addresses->ai_addrlen);
    probe->length = addresses->ai_addrlen;
    endpoint_from_sockaddr(&probe->endpoint, addresses->ai_addr, addresses->ai_addrlen);
    freeaddrinfo(addresses);
    return is_reachable(probe) && get_cookie(probe) && try_by_turns(probe, count);
}

/* ---- the verb ---- */

struct request {
    const char *file;
    int family;
    bool tls;
    int count;
    int timeout_s;
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
    OPTION_NUMBER_OF("count", struct request, count, 1, COUNT_MOST),
    {"data", .kind = OPTION_TEXT, .target = offsetof(struct request, file)},
    OPTION_NUMBER_OF("timeout", struct request, timeout_s, 1, 600),
    {"tls", .kind = OPTION_FLAG, .target = offsetof(struct request, tls)},
    OPTIONS_END,
};

static const char help[] =
    "usage: tfoshim probe [OPTION...] HOST[:PORT]\n"
    "\n"
    "Tests whether Fast Open works with a server and on the path to it: requests a cookie,\n"
    "sends a first write in the SYN several times, alternating with plain connections, and\n"
    "reports what happened to the data and what it saves. The port is 443 unless given.\n"
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
    "      --help        this text\n"
    "\n"
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
    works = try_it(&probe, request->family, request->count);
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
