/* SPDX-License-Identifier: MIT */
#include "cli/metrics.h"
#include "cli/paint.h"
#include "cli/probe.h"
#include "cli/util.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* The kernel asks with the experimental option after the server has said nothing to the other. */
#define ASK_MOST 2
/* More would only take time. */
#define SWALLOWED_ENOUGH 2

static bool cookie_is_there(const struct probe *probe)
{
    struct metrics metrics;
    bool asked;

    return metrics_of(probe->endpoint.address, &metrics, &asked) && metrics.cookie_length > 0;
}

static bool get_cookie(const struct probe *probe)
{
    bool syn_lost = false;
    struct attempt attempt;

    if (cookie_is_there(probe)) {
        puts("  cookie      there already");
        return true;
    }
    for (int i = 0; i < ASK_MOST; i++) {
        attempt_make(&attempt, probe, ATTEMPT_ASK);
        if (attempt.error == EOPNOTSUPP) {
            complain("probe: the kernel's client part is off, see tfoshim doctor");
            return false;
        }
        syn_lost = syn_lost || attempt.retransmissions > 0 || attempt.end == ATTEMPT_TIMED_OUT;
        if (cookie_is_there(probe)) {
            puts("  cookie      given");
            return true;
        }
    }
    probe_report_no_cookie(syn_lost);
    return false;
}

static void count_fate(struct probe_tally *tally, const struct attempt *attempt)
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

/* By turns: what changes on the way meanwhile changes for both. */
static bool compare(const struct probe *probe, long count)
{
    struct probe_tally tally = {.tried = 0};
    struct attempt attempt;

    for (long i = 0; i < count && tally.swallowed + tally.lost < SWALLOWED_ENOUGH; i++) {
        attempt_make(&attempt, probe, ATTEMPT_PLAIN);
        if (attempt.end == ATTEMPT_ANSWERED)
            tally.plain_ms[tally.plain_count++] = attempt.answer_ms;
        attempt_make(&attempt, probe, ATTEMPT_FAST);
        count_fate(&tally, &attempt);
    }
    return probe_report(probe, &tally);
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

bool probe_run(struct probe *probe, int family, long count)
{
    struct addrinfo *addresses = place_resolve(&probe->place, family, "probe");

    if (addresses == NULL)
        return false;
    memcpy(&probe->address, addresses->ai_addr, addresses->ai_addrlen);
    probe->length = addresses->ai_addrlen;
    endpoint_from_sockaddr(&probe->endpoint, addresses->ai_addr, addresses->ai_addrlen);
    freeaddrinfo(addresses);
    return is_reachable(probe) && get_cookie(probe) && compare(probe, count);
}
