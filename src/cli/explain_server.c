/* SPDX-License-Identifier: MIT */
#include "cli/explain.h"
#include "cli/recollection.h"
#include "cli/stat.h"
#include "cli/util.h"
#include "kernel/cookie_keys.h"
#include "kernel/listening.h"
#include "kernel/proc.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* All that the answer depends on, and the answer. */
struct facts {
    const struct policy *policy;
    struct endpoint endpoint;
    struct server_verdict verdict;
    struct explain_selection selection;
    struct explain_safety safety;
    unsigned keys;           /* in the key file, if the rule names one */
    const char *key_problem; /* why they are not used; NULL: they are */
    long fastopen;           /* the sysctl; -1: cannot be read */
    struct memory_listener_entry memory;
    uint32_t now;
    struct explain_outcome outcome;
};

/* ---- the outcome ---- */

/* A program listens there, and the library has never set the option there. */
static bool is_uncovered(const struct endpoint *endpoint, const struct memory_listener_entry *entry)
{
    struct sockaddr_storage address;
    endpoint_to_sockaddr(endpoint, &address);
    return entry->set == 0 && somebody_listens((struct sockaddr *)&address, entry->listener.netns);
}

/* In the order in which the kernel and the library look. */
static struct explain_outcome outcome_of(const struct explanation *explanation,
                                         const struct facts *facts)
{
    const struct server_verdict *verdict = &facts->verdict;
    const long fastopen = facts->fastopen < 0 ? 0 : facts->fastopen;
    const bool is_always = (fastopen & FASTOPEN_SERVER_ALWAYS) != 0;
    if (!(fastopen & FASTOPEN_SERVER))
        return (struct explain_outcome){
            .reason = "kernel_off",
            .now = need_text("a plain listener: the server bit (2) of net.ipv4.tcp_fastopen is not "
                             "set"),
            .to_do = need_text("sysctl -w net.ipv4.tcp_fastopen=%ld", fastopen | FASTOPEN_SERVER)};
    if (!verdict->fastopen && !is_always)
        return (struct explain_outcome){
            .reason = "no_rule",
            .now = need_text("a plain listener"),
            .to_do = explain_how_to_enable(explanation, verdict->file, verdict->line, "server")};
    if (!is_always && is_uncovered(&facts->endpoint, &facts->memory))
        return (struct explain_outcome){
            .reason = "not_covered",
            .now = need_text("the program that listens there does not run under tfoshim, or sets "
                             "TCP_FASTOPEN itself"),
            .to_do = need_text("restart it under tfoshim; if it cannot be preloaded: tfoshim "
                               "attach")};
    return (struct explain_outcome){
        .fastopen = true,
        .now = need_text("a listener that accepts data in SYNs%s",
                         fastopen & FASTOPEN_SERVER_NO_COOKIE
                             ? ", and gives no cookies (0x200): most clients will send no data"
                             : ", and gives cookies")};
}

/* ---- the facts ---- */

static void find_keys(struct facts *facts)
{
    struct cookie_keys keys;
    facts->key_problem = cookie_keys_load(facts->verdict.key_file, &keys);
    facts->keys = facts->key_problem == NULL ? keys.count : 0;
    explicit_bzero(&keys, sizeof keys);
}

static void find(struct facts *facts, const struct explanation *explanation)
{
    facts->policy = explanation->policy;
    facts->verdict = policy_server(explanation->policy, &facts->endpoint, &explanation->link);
    if (!facts->verdict.fastopen)
        facts->verdict.key_file = NULL;
    facts->selection = explain_selection(explanation);
    facts->safety =
        explain_safety(explanation->bytes, facts->verdict.prefixes, facts->endpoint.port);
    if (facts->verdict.key_file != NULL)
        find_keys(facts);
    facts->fastopen = proc_sysctl_number("tcp_fastopen");
    facts->now = memory_now();
    recollection_of_listener(&facts->endpoint, &facts->memory);
    facts->outcome = outcome_of(explanation, facts);
}

/* ---- as text ---- */

static void print_policy(const struct facts *facts)
{
    const struct server_verdict *verdict = &facts->verdict;
    char *decider = explain_decider(facts->policy, verdict->file, verdict->line, "server");
    if (!verdict->fastopen)
        explain_line("policy", "off, %s", decider);
    else if (verdict->queue > 0)
        explain_line("policy", "on with a queue of %u, %s", verdict->queue, decider);
    else
        explain_line("policy", "on with a queue as long as the backlog, %s", decider);
    free(decider);
    explain_print_selection(&facts->selection, "listens on");
    if (verdict->fastopen)
        explain_line("first read", verdict->first_read == FIRST_WRITE_ANY
                                       ? "all data of the SYN, at once"
                                       : "data that is safe to repeat, at once; other data "
                                         "after the handshake");
}

static void print_keys(const struct facts *facts)
{
    const char *file = facts->verdict.key_file;
    if (file == NULL)
        return;
    if (facts->key_problem == NULL)
        explain_line("keys", "those of %s, %s", file,
                     facts->keys > 1 ? "a primary and a backup" : "a primary without a backup");
    else
        explain_line("keys", "those of the network namespace: %s: %s", file, facts->key_problem);
}

static void print_memory(const struct memory_listener_entry *entry)
{
    if (entry->set == 0)
        explain_line("memory", "nothing");
    else
        explain_line("memory",
                     "TCP_FASTOPEN set %" PRIu32 " time%s, with a queue of %" PRIu32 "; %" PRIu32
                     " connection%s with SYN data",
                     entry->set, entry->set == 1 ? "" : "s", entry->queue, entry->accepted,
                     entry->accepted == 1 ? "" : "s");
}

static void print(const struct facts *facts)
{
    char *sysctl = explain_sysctl(facts->fastopen);
    explain_print_heading(&facts->endpoint);
    print_policy(facts);
    explain_print_safety(&facts->safety);
    print_keys(facts);
    explain_line("kernel", "%s", sysctl);
    print_memory(&facts->memory);
    explain_print_outcome(&facts->outcome);
    free(sysctl);
}

/* ---- as JSON ---- */

static void put_policy(struct json *in, const struct facts *facts)
{
    const struct server_verdict *verdict = &facts->verdict;
    struct json *policy = json_object(in, "policy");
    json_boolean(policy, "fastopen", verdict->fastopen);
    json_string(policy, "first_read",
                verdict->first_read == FIRST_WRITE_ANY ? "any" : "replay-safe");
    json_count(policy, "queue", verdict->queue > 0 ? (long long)verdict->queue : -1);
    explain_put_decider(policy, facts->policy, verdict->file, verdict->line);
}

static void put_keys(struct json *in, const struct facts *facts)
{
    struct json *keys;
    if (facts->verdict.key_file == NULL) {
        json_null(in, "keys");
        return;
    }
    keys = json_object(in, "keys");
    json_string(keys, "file", facts->verdict.key_file);
    json_integer(keys, "count", facts->keys);
    json_string(keys, "problem", facts->key_problem);
}

static void put(struct json *in, const struct facts *facts)
{
    struct json *one = json_object(in, NULL);
    explain_put_endpoint(one, &facts->endpoint);
    explain_put_outcome(one, &facts->outcome);
    put_policy(one, facts);
    explain_put_selection(one, &facts->selection);
    explain_put_safety(one, &facts->safety);
    put_keys(one, facts);
    json_count(json_object(one, "kernel"), "tcp_fastopen", facts->fastopen);
    if (facts->memory.set > 0)
        stat_put_listener(json_object(one, "memory"), &facts->memory, facts->now);
    else
        json_null(one, "memory");
}

void explain_server(const struct explanation *explanation, const struct endpoint *endpoint,
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
