/* SPDX-License-Identifier: MIT */
#include "cli/explain.h"
#include "cli/recollection.h"
#include "cli/util.h"
#include "decision/decision.h"
#include "kernel/metrics.h"
#include "kernel/netns.h"
#include "kernel/proc.h"
#include "policy/flat.h"

#include <stdlib.h>

/* All that the answer depends on. */
struct facts {
    struct decision decision;
    long fastopen;      /* the sysctl */
    bool metrics_known; /* the kernel could be asked */
    bool cookie;
};

static void show_policy_of(const struct explanation *explanation, const struct facts *facts)
{
    const struct client_verdict *verdict = &facts->decision.verdict;
    char *decider = explain_decider(explanation->policy, verdict->file, verdict->line, "client");
    if (!verdict->fastopen)
        explain_line("policy", "off, %s", decider);
    else
        explain_line("policy", "on for %s, %s",
                     verdict->first_write == FIRST_WRITE_ANY
                         ? "any first write"
                         : "first writes that are safe to repeat (replay-safe)",
                     decider);
    free(decider);
    explain_interface("leaves by", "there is no route to it, so rules with interface do not match");
    explain_unsaid(explanation);
    if (explanation->place->is_numeric && explanation->policy->hosts.count > 0)
        explain_line("",
                     "rules with host match only addresses that the program has looked up by name");
}

static void show_kernel(struct facts *facts, const struct endpoint *endpoint)
{
    char cookie[2 * METRICS_COOKIE_MOST + 1], bits[PROC_FASTOPEN_WORDS_MOST];
    struct metrics metrics;
    bool found;
    facts->metrics_known =
        no_error(metrics_of(endpoint->address, &metrics, &found), METRICS_UNREAD);
    facts->cookie = found && metrics.cookie_length > 0;
    proc_fastopen_words(bits, facts->fastopen);
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
        explain_line("", "lost SYNs with data to this host: %u", metrics.syn_drops);
}

static void show_memory(const struct endpoint *endpoint)
{
    char *text = recollection_text(endpoint);
    explain_line("memory", "%s", text);
    free(text);
}

/* What to do about it; NULL: nothing. */
static const char *remedy(enum decision_reason reason)
{
    switch (reason) {
    case DECISION_FIRST_CONTACT:
        return "connect once under tfoshim; the next connect is fast";
    case DECISION_BACKED_OFF:
        return "test the path: tfoshim probe";
    case DECISION_LOCAL:
        return "nothing can be gained; a rule that names the loopback address, or min_rtt = 0, "
               "enables it all the same";
    case DECISION_SHORT:
        return "little can be gained; a smaller min_rtt enables it all the same";
    case DECISION_WRITES_UNFIT:
        return "if its first writes are safe to repeat: a rule with first_write = \"any\"";
    default:
        return NULL;
    }
}

static void say_plain(const struct facts *facts)
{
    const enum decision_reason reason = facts->decision.reason;
    explain_line("now", "a plain connect: %s", decision_why(reason));
    if (facts->decision.asks_cookie && !facts->cookie)
        explain_line("", "its SYN requests a cookie");
    if (remedy(reason) != NULL)
        explain_line("to do", "%s", remedy(reason));
}

/* The kernel defers where it has a cookie of the host, or needs none. */
static void say_deferred(const struct facts *facts)
{
    if (!facts->cookie && !(facts->fastopen & FASTOPEN_CLIENT_NO_COOKIE)) {
        explain_line("now", "a plain connect, whose SYN requests a cookie");
        explain_line("to do",
                     "connect once under tfoshim; if there is still no cookie: tfoshim probe");
        return;
    }
    explain_line(
        "now", "a fast open: connect() is deferred, and the first write goes into the SYN%s",
        facts->decision.verdict.first_write == FIRST_WRITE_ANY ? "" : " if it is replay-safe");
    if (facts->decision.room > 0)
        explain_line("", "if it is not longer than %u bytes", facts->decision.room);
}

/* In the order in which the library and the kernel look. */
static void show_answer(const struct explanation *explanation, const struct facts *facts)
{
    const struct client_verdict *verdict = &facts->decision.verdict;
    if (facts->decision.reason == DECISION_NO_RULE) {
        explain_line("now", "a plain connect");
        explain_how_to_enable(explanation, verdict->file, verdict->line, "client");
    } else if (!(facts->fastopen & FASTOPEN_CLIENT)) {
        explain_line("now",
                     "a plain connect: the client bit (1) of net.ipv4.tcp_fastopen is not set");
        explain_line("to do", "sysctl -w net.ipv4.tcp_fastopen=%ld",
                     facts->fastopen | FASTOPEN_CLIENT | FASTOPEN_SERVER);
    } else if (facts->decision.reason == DECISION_DEFER) {
        say_deferred(facts);
    } else {
        say_plain(facts);
    }
}

void explain_client(const struct explanation *explanation, const struct endpoint *endpoint)
{
    const struct memory_destination to = {.netns = netns_own(), .endpoint = *endpoint};
    struct facts facts = {.decision = decide_client(explanation->policy, &to, &explanation->link),
                          .fastopen = proc_sysctl_number("tcp_fastopen")};
    show_policy_of(explanation, &facts);
    explain_bytes(explanation->bytes, facts.decision.verdict.prefixes, endpoint->port);
    if (facts.fastopen < 0)
        facts.fastopen = 0;
    show_kernel(&facts, endpoint);
    show_memory(endpoint);
    show_answer(explanation, &facts);
}
