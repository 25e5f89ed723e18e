/* SPDX-License-Identifier: MIT */
#include "cli/explain.h"
#include "cli/recollection.h"
#include "kernel/cookie_keys.h"
#include "kernel/listening.h"
#include "kernel/proc.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void show_verdict(const struct explanation *explanation,
                         const struct server_verdict *verdict)
{
    char *decider = explain_decider(explanation->policy, verdict->file, verdict->line, "server");
    if (!verdict->fastopen)
        explain_line("policy", "off, %s", decider);
    else if (verdict->queue > 0)
        explain_line("policy", "on with a queue of %u, %s", verdict->queue, decider);
    else
        explain_line("policy", "on with a queue as long as the backlog, %s", decider);
    free(decider);
    explain_interface("listens on", "is on no single interface, so rules with interface do not "
                                    "match");
    explain_unsaid(explanation);
    if (verdict->fastopen)
        explain_line("first read", verdict->first_read == FIRST_WRITE_ANY
                                       ? "all data of the SYN, at once"
                                       : "data that is safe to repeat, at once; other data "
                                         "after the handshake");
}

static void show_keys(const char *key_file)
{
    struct cookie_keys keys;
    const char *problem;
    if (key_file == NULL)
        return;
    problem = cookie_keys_load(key_file, &keys);
    if (problem == NULL)
        explain_line("keys", "those of %s, %s", key_file,
                     keys.count > 1 ? "a primary and a backup" : "a primary without a backup");
    else
        explain_line("keys", "those of the network namespace: %s: %s", key_file, problem);
    explicit_bzero(&keys, sizeof keys);
}

/* A program listens there, and the library has never set the option there. */
static bool is_uncovered(const struct endpoint *endpoint, const struct memory_listener_entry *entry)
{
    struct sockaddr_storage address;
    endpoint_to_sockaddr(endpoint, &address);
    return entry->set == 0 && somebody_listens((struct sockaddr *)&address, entry->listener.netns);
}

static void show_memory(const struct memory_listener_entry *entry)
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

static void say_covered(long fastopen)
{
    explain_line("now", "a listener that accepts data in SYNs%s",
                 fastopen & FASTOPEN_SERVER_NO_COOKIE
                     ? ", and gives no cookies (0x200): most clients will send no data"
                     : ", and gives cookies");
}

void explain_server(const struct explanation *explanation, const struct endpoint *endpoint)
{
    const struct server_verdict verdict =
        policy_server(explanation->policy, endpoint, &explanation->link);
    long fastopen = proc_sysctl_number("tcp_fastopen");
    char bits[PROC_FASTOPEN_WORDS_MOST];
    struct memory_listener_entry entry;
    bool is_always;
    show_verdict(explanation, &verdict);
    explain_bytes(explanation->bytes, verdict.prefixes, endpoint->port);
    if (verdict.fastopen)
        show_keys(verdict.key_file);
    proc_fastopen_words(bits, fastopen < 0 ? 0 : fastopen);
    explain_line("kernel", "net.ipv4.tcp_fastopen is %ld: %s", fastopen, bits);
    recollection_of_listener(endpoint, &entry);
    show_memory(&entry);
    if (fastopen < 0)
        fastopen = 0;
    is_always = (fastopen & FASTOPEN_SERVER_ALWAYS) != 0;
    if (!(fastopen & FASTOPEN_SERVER)) {
        explain_line("now",
                     "a plain listener: the server bit (2) of net.ipv4.tcp_fastopen is not set");
        explain_line("to do", "sysctl -w net.ipv4.tcp_fastopen=%ld", fastopen | FASTOPEN_SERVER);
    } else if (!verdict.fastopen && !is_always) {
        explain_line("now", "a plain listener");
        explain_how_to_enable(explanation, verdict.file, verdict.line, "server");
    } else if (!is_always && is_uncovered(endpoint, &entry)) {
        explain_line("now", "the program that listens there does not run under tfoshim, or sets "
                            "TCP_FASTOPEN itself");
        explain_line("to do",
                     "restart it under tfoshim; if it cannot be preloaded: tfoshim attach");
    } else {
        say_covered(fastopen);
    }
}
