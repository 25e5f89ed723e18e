/* SPDX-License-Identifier: MIT */
#include "cli/explain.h"
#include "cli/machine.h"
#include "cli/metrics.h"
#include "cli/recollection.h"
#include "policy/flat.h"

#include <stdlib.h>

/* All that the answer depends on. */
struct facts {
    struct client_verdict verdict;
    long fastopen;      /* the sysctl */
    bool metrics_known; /* the kernel could be asked */
    bool cookie;
    enum memory_verdict memory;
};

static void show_policy_of(const struct explanation *explanation, const struct facts *facts)
{
    const struct client_verdict *verdict = &facts->verdict;
    char *decider = explain_decider(explanation->policy, verdict->file, verdict->line, "client");

    if (!verdict->fastopen)
        explain_line("policy", "off, %s", decider);
    else
        explain_line("policy", "on for %s, %s",
                     verdict->first_write == FIRST_WRITE_ANY
                         ? "any first write"
                         : "first writes that may be delivered twice (replay-safe)",
                     decider);
    free(decider);
    if (explanation->place->is_numeric && explanation->policy->hosts.count > 0)
        explain_line("", "rules by host match only what a program has looked up by its name");
}

static void show_kernel(struct facts *facts, const struct endpoint *endpoint)
{
    char cookie[2 * METRICS_COOKIE_MOST + 1], *bits = machine_fastopen_bits(facts->fastopen);
    struct metrics metrics;
    bool found = metrics_of(endpoint->address, &metrics, &facts->metrics_known);

    facts->cookie = found && metrics.cookie_length > 0;
    if (facts->cookie) {
        metrics_cookie_text(cookie, &metrics);
        explain_line("kernel", "net.ipv4.tcp_fastopen is %ld: %s; has the cookie %s of this host",
                     facts->fastopen, bits, cookie);
    } else {
        explain_line("kernel", "net.ipv4.tcp_fastopen is %ld: %s; %s", facts->fastopen, bits,
                     facts->metrics_known ? "has no cookie of this host"
                                          : "does not say whether it has a cookie");
    }
    if (found && metrics.syn_drops > 0)
        explain_line("", "SYNs with data to this host have got lost: %u", metrics.syn_drops);
    free(bits);
}

static void show_memory(struct facts *facts, const struct endpoint *endpoint)
{
    char *text = recollection_text(endpoint);

    explain_line("memory", "%s", text);
    free(text);
    facts->memory = recollection_judge(endpoint);
}

static void answer(const char *now, const char *to_do)
{
    explain_line("now", "%s", now);
    if (to_do != NULL)
        explain_line("to do", "%s", to_do);
}

/* The first thing that stands in the way between here and the server, if any does. */
static void show_obstacle(const struct facts *facts)
{
    const bool any_host = (facts->fastopen & FASTOPEN_CLIENT_NO_COOKIE) != 0;

    if (facts->memory == MEMORY_BACKED_OFF)
        answer(
            "an ordinary connect: fast opens have failed here, and it is not yet time to try again",
            "ask \"tfoshim probe\" whether the path takes SYN data");
    else if (facts->memory == MEMORY_READS_FIRST)
        answer("an ordinary connect: programs read first here, so nothing would be gained", NULL);
    else if (!facts->cookie && !any_host)
        answer("an ordinary connect, whose SYN asks the server for a cookie",
               "connect once under tfoshim; if there is still no cookie, ask \"tfoshim probe\"");
    else if (facts->memory == MEMORY_NOT_LATELY &&
             facts->verdict.first_contact == FIRST_CONTACT_CONNECT)
        answer("an ordinary connect: this address and port has completed no handshake lately",
               "connect once under tfoshim; the next one is fast");
    else
        answer(facts->verdict.first_write == FIRST_WRITE_ANY
                   ? "a fast open: connect() is deferred, and the first write goes into the SYN"
                   : "a fast open: connect() is deferred, and the first write goes into the SYN if "
                     "it is replay-safe",
               NULL);
}

/* In the order in which the library and the kernel look. */
static void show_answer(const struct explanation *explanation, const struct facts *facts)
{
    const struct client_verdict *verdict = &facts->verdict;

    if (!verdict->fastopen) {
        answer("an ordinary connect", NULL);
        explain_how_to_enable(explanation, verdict->file, verdict->line, "client");
    } else if (!(facts->fastopen & FASTOPEN_CLIENT)) {
        answer("an ordinary connect: the kernel's client part is off", NULL);
        explain_line("to do", "sysctl -w net.ipv4.tcp_fastopen=%ld",
                     facts->fastopen | FASTOPEN_CLIENT | FASTOPEN_SERVER);
    } else {
        show_obstacle(facts);
    }
}

void explain_client(const struct explanation *explanation, const struct endpoint *endpoint)
{
    struct facts facts = {.verdict = policy_client(explanation->policy, endpoint),
                          .fastopen = machine_sysctl_number("tcp_fastopen")};

    show_policy_of(explanation, &facts);
    if (facts.fastopen < 0)
        facts.fastopen = 0;
    show_kernel(&facts, endpoint);
    show_memory(&facts, endpoint);
    show_answer(explanation, &facts);
}
