/* SPDX-License-Identifier: MIT */
#include "cli/explain.h"
#include "cli/recollection.h"
#include "cli/stat.h"
#include "cli/util.h"
#include "decision/decision.h"
#include "kernel/metrics.h"
#include "kernel/netns.h"
#include "kernel/proc.h"
#include "policy/flat.h"

#include <stdlib.h>
#include <string.h>

/* All that the answer depends on, and the answer. */
struct facts {
    const struct policy *policy;
    struct endpoint endpoint;
    struct decision decision;
    struct explain_selection selection;
    struct explain_safety safety;
    long fastopen;      /* the sysctl; -1: cannot be read */
    bool metrics_known; /* the kernel could be asked */
    struct metrics metrics;
    bool has_memory;
    struct memory_entry memory;
    uint32_t now;
    struct explain_outcome outcome;
};

/* ---- the outcome ---- */

static const char *const reasons[DECISION_REASONS] = {
    [DECISION_NO_RULE] = "no_rule",           [DECISION_FIRST_CONTACT] = "first_contact",
    [DECISION_BACKED_OFF] = "backed_off",     [DECISION_REFUSED] = "refused",
    [DECISION_UNANSWERED] = "unanswered",     [DECISION_LOCAL] = "local",
    [DECISION_SHORT] = "short_round_trip",    [DECISION_READS_FIRST] = "reads_first",
    [DECISION_WRITES_UNFIT] = "writes_unfit", [DECISION_NEVER_READS] = "never_reads",
    [DECISION_COSTS_A_WAIT] = "costs_a_wait", [DECISION_NOBODY_LISTENS] = "nobody_listens",
    [DECISION_FORGOTTEN] = "name_forgotten",  [DECISION_NO_INTERFACE] = "interface_unknown",
    [DECISION_LINK_LOCAL] = "link_local",
};

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

static struct explain_outcome not_deferred(const struct facts *facts)
{
    const enum decision_reason reason = facts->decision.reason;
    struct explain_outcome outcome = {.reason = reasons[reason]};
    outcome.now = need_text("a plain connect: %s", decision_why(reason));
    if (facts->decision.asks_cookie && facts->metrics.cookie_length == 0)
        outcome.note = need_text("its SYN requests a cookie");
    if (remedy(reason) != NULL)
        outcome.to_do = need_text("%s", remedy(reason));
    return outcome;
}

/* The kernel defers where it has a cookie of the host, or needs none. */
static struct explain_outcome deferred(const struct facts *facts, long fastopen)
{
    struct explain_outcome outcome = {.fastopen = true};
    if (facts->metrics.cookie_length == 0 && !(fastopen & FASTOPEN_CLIENT_NO_COOKIE))
        return (struct explain_outcome){
            .reason = "no_cookie",
            .now = need_text("a plain connect, whose SYN requests a cookie"),
            .to_do = need_text("connect once under tfoshim; if there is still no cookie: "
                               "tfoshim probe")};
    outcome.now = need_text(
        "a fast open: connect() is deferred, and the first write goes into the SYN%s",
        facts->decision.verdict.first_write == FIRST_WRITE_ANY ? "" : " if it is replay-safe");
    if (facts->decision.room > 0)
        outcome.note = need_text("if it is not longer than %u bytes", facts->decision.room);
    return outcome;
}

/* In the order in which the library and the kernel look. */
static struct explain_outcome outcome_of(const struct explanation *explanation,
                                         const struct facts *facts)
{
    const struct client_verdict *verdict = &facts->decision.verdict;
    const long fastopen = facts->fastopen < 0 ? 0 : facts->fastopen;
    if (facts->decision.reason == DECISION_NO_RULE)
        return (struct explain_outcome){
            .reason = reasons[DECISION_NO_RULE],
            .now = need_text("a plain connect"),
            .to_do = explain_how_to_enable(explanation, verdict->file, verdict->line, "client")};
    if (!(fastopen & FASTOPEN_CLIENT))
        return (struct explain_outcome){
            .reason = "kernel_off",
            .now = need_text("a plain connect: the client bit (1) of net.ipv4.tcp_fastopen is not "
                             "set"),
            .to_do = need_text("sysctl -w net.ipv4.tcp_fastopen=%ld",
                               fastopen | FASTOPEN_CLIENT | FASTOPEN_SERVER)};
    if (facts->decision.reason == DECISION_DEFER)
        return deferred(facts, fastopen);
    return not_deferred(facts);
}

/* ---- the facts ---- */

static void find_metrics(struct facts *facts)
{
    bool any = false;
    facts->metrics_known =
        no_error(metrics_of(facts->endpoint.address, &facts->metrics, &any), METRICS_UNREAD);
    if (!any)
        facts->metrics = (struct metrics){.cookie_length = 0};
}

static void find(struct facts *facts, const struct explanation *explanation)
{
    const struct memory_destination to = {.netns = netns_own(), .endpoint = facts->endpoint};
    facts->policy = explanation->policy;
    facts->decision = decide_client(explanation->policy, &to, &explanation->link);
    facts->selection = explain_selection(explanation);
    facts->safety =
        explain_safety(explanation->bytes, facts->decision.verdict.prefixes, facts->endpoint.port);
    facts->fastopen = proc_sysctl_number("tcp_fastopen");
    find_metrics(facts);
    facts->now = memory_now();
    facts->has_memory = recollection_of_destination(&facts->endpoint, &facts->memory);
    facts->outcome = outcome_of(explanation, facts);
}

/* ---- as text ---- */

static void print_policy(const struct facts *facts)
{
    const struct client_verdict *verdict = &facts->decision.verdict;
    char *decider = explain_decider(facts->policy, verdict->file, verdict->line, "client");
    if (!verdict->fastopen)
        explain_line("policy", "off, %s", decider);
    else
        explain_line("policy", "on for %s, %s",
                     verdict->first_write == FIRST_WRITE_ANY
                         ? "any first write"
                         : "first writes that are safe to repeat (replay-safe)",
                     decider);
    free(decider);
    explain_print_selection(&facts->selection, "leaves by");
}

static void print_kernel(const struct facts *facts)
{
    char cookie[2 * METRICS_COOKIE_MOST + 1];
    char *sysctl = explain_sysctl(facts->fastopen);
    metrics_cookie_text(cookie, &facts->metrics);
    if (cookie[0] != '\0')
        explain_line("kernel", "%s; has the cookie %s of this host", sysctl, cookie);
    else
        explain_line("kernel", "%s; %s", sysctl,
                     facts->metrics_known ? "has no cookie of this host"
                                          : "does not say whether it has a cookie");
    free(sysctl);
    if (facts->metrics.syn_drops > 0)
        explain_line("", "lost SYNs with data to this host: %u", facts->metrics.syn_drops);
}

static void print(const struct facts *facts)
{
    char *memory = facts->has_memory ? recollection_text(&facts->memory, facts->now) : NULL;
    explain_print_heading(&facts->endpoint);
    print_policy(facts);
    explain_print_safety(&facts->safety);
    print_kernel(facts);
    explain_line("memory", "%s", memory != NULL ? memory : "nothing");
    explain_print_outcome(&facts->outcome);
    free(memory);
}

/* ---- as JSON ---- */

static void put_policy(struct json *in, const struct facts *facts)
{
    const struct client_verdict *verdict = &facts->decision.verdict;
    struct json *policy = json_object(in, "policy");
    json_boolean(policy, "fastopen", verdict->fastopen);
    json_string(policy, "first_write",
                verdict->first_write == FIRST_WRITE_ANY ? "any" : "replay-safe");
    explain_put_decider(policy, facts->policy, verdict->file, verdict->line);
}

static void put_kernel(struct json *in, const struct facts *facts)
{
    char cookie[2 * METRICS_COOKIE_MOST + 1];
    struct json *kernel = json_object(in, "kernel");
    metrics_cookie_text(cookie, &facts->metrics);
    json_count(kernel, "tcp_fastopen", facts->fastopen);
    json_string(kernel, "cookie", cookie[0] != '\0' ? cookie : NULL);
    json_boolean(kernel, "cookie_known", facts->metrics_known);
    json_count(kernel, "syns_lost", facts->metrics_known ? facts->metrics.syn_drops : -1);
}

static void put(struct json *in, const struct facts *facts)
{
    struct json *one = json_object(in, NULL);
    explain_put_endpoint(one, &facts->endpoint);
    explain_put_outcome(one, &facts->outcome);
    put_policy(one, facts);
    explain_put_selection(one, &facts->selection);
    explain_put_safety(one, &facts->safety);
    put_kernel(one, facts);
    if (facts->has_memory)
        stat_put_destination(json_object(one, "memory"), &facts->memory, facts->now);
    else
        json_null(one, "memory");
}

void explain_client(const struct explanation *explanation, const struct endpoint *endpoint,
                    struct json *in)
{
    struct facts facts = {.endpoint = *endpoint};
    find(&facts, explanation);
    if (in != NULL)
        put(in, &facts);
    else
        print(&facts);
    free(facts.safety.text);
    explain_drop_outcome(&facts.outcome);
}
