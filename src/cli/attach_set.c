/* SPDX-License-Identifier: MIT */
#include "cli/attach.h"
#include "cli/attach_table.h"
#include "cli/fastopen_there.h"
#include "cli/util.h"
#include "kernel/proc.h"
#include "kernel/tcp.h"

#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>

static int queue_of(const struct attach_listener *listener)
{
    const int queue = tcp_option(listener->fd, TCP_FASTOPEN);
    return queue > 0 ? queue : 0;
}

static int queue_for(const struct attach_request *request, const struct attach_listener *listener)
{
    return request->queue > 0 ? request->queue : attach_listener_backlog(listener);
}

/* ---- attach ---- */

static enum attach_fate fate_when_set(const struct attach_request *request,
                                      const struct attach_listener *listener,
                                      const struct attach_record *record)
{
    const int now = queue_of(listener);
    if (listener->is_shimmed)
        return ATTACH_SHIMMED;
    if (now != 0 && now != attach_record_queue(record, listener->cookie))
        return ATTACH_OWN;
    return now == queue_for(request, listener) ? ATTACH_THERE : ATTACH_SET;
}

/* The kernel may have made the queue shorter (net.core.somaxconn). */
static enum attach_fate set(const struct attach_request *request,
                            const struct attach_listener *listener, struct attach_record *record)
{
    const enum attach_fate fate = fate_when_set(request, listener, record);
    if (fate != ATTACH_SET || !request->may_repeat)
        return fate;
    if (tcp_set_option(listener->fd, TCP_FASTOPEN, queue_for(request, listener)) != 0) {
        attach_record_put(record, listener->cookie, 0);
        return ATTACH_REFUSED;
    }
    attach_record_put(record, listener->cookie, queue_of(listener));
    return ATTACH_SET;
}

/* Recorded before it is set: nothing is ever set that detach does not know of. What is set already
 * is recorded with its present queue, until it gets another one. */
static bool announce(const struct attach_request *request, const struct attach_listeners *listeners,
                     struct attach_record *record)
{
    for (size_t i = 0; i < listeners->count; i++) {
        const struct attach_listener *listener = &listeners->all[i];
        if (queue_of(listener) == 0 && fate_when_set(request, listener, record) == ATTACH_SET)
            attach_record_put(record, listener->cookie, queue_for(request, listener));
    }
    return attach_record_save(record, request->verb);
}

/* The sysctl is that of the socket's network namespace, which need not be ours. */
static void warn_of_kernel(const struct attach_listener *listener, const char *verb)
{
    bool is_ours;
    const long bits = fastopen_of_socket(listener->fd, &is_ours);
    if (bits < 0)
        complain("%s: only root can see whether the kernel allows Fast Open for listeners in the "
                 "network namespace of process %d: nsenter --net --target %d sysctl "
                 "net.ipv4.tcp_fastopen",
                 verb, listener->process, listener->process);
    else if (!(bits & FASTOPEN_SERVER) && is_ours)
        complain(
            "%s: the kernel does not allow Fast Open for listeners here (net.ipv4.tcp_fastopen is "
            "%ld): sysctl -w net.ipv4.tcp_fastopen=%ld",
            verb, bits, bits | FASTOPEN_SERVER);
    else if (!(bits & FASTOPEN_SERVER))
        complain(
            "%s: the kernel does not allow Fast Open for listeners in the network namespace of "
            "process %d (net.ipv4.tcp_fastopen is %ld): nsenter --net --target %d sysctl -w "
            "net.ipv4.tcp_fastopen=%ld",
            verb, listener->process, bits, listener->process, bits | FASTOPEN_SERVER);
}

/* A process may have listeners in several network namespaces, but hardly in turn. */
static void warn_of_kernels(const struct attach_listeners *listeners,
                            const struct attach_record *record, const char *verb)
{
    const struct attach_listener *before = NULL;
    for (size_t i = 0; i < listeners->count; i++) {
        const struct attach_listener *listener = &listeners->all[i];
        if (attach_record_queue(record, listener->cookie) == 0)
            continue;
        if (before == NULL || tcp_netns_cookie(listener->fd) != tcp_netns_cookie(before->fd))
            warn_of_kernel(listener, verb);
        before = listener;
    }
}

static void say_what_lacks(const struct attach_request *request)
{
    char port[32] = "";
    if (request->port != 0)
        snprintf(port, sizeof port, "--port %d ", request->port);
    if (request->may_repeat)
        printf(
            "no guard: anyone who recorded a SYN can make the process execute its request again\n"
            "no deferral: connections that the process opens are not changed\n"
            "to undo it: tfoshim detach %s%s\n",
            port, request->word);
    else
        complain(
            "%s: nothing was set: the process has no guard, so anyone who recorded a SYN can make "
            "it execute the request again; if that does no harm: tfoshim attach --first-read any "
            "%s%s",
            request->verb, port, request->word);
}

int attach_set(const struct attach_request *request, const struct attach_listeners *listeners,
               struct attach_record *record)
{
    struct table table = attach_table();
    bool refused = false, any = false;
    if (request->may_repeat && !announce(request, listeners, record)) {
        table_drop(&table);
        return EXIT_FAILURE;
    }
    for (size_t i = 0; i < listeners->count; i++) {
        const struct attach_listener *listener = &listeners->all[i];
        const enum attach_fate fate = set(request, listener, record);
        attach_table_add(&table, listener,
                         fate == ATTACH_SET && !request->may_repeat ? queue_for(request, listener)
                                                                    : queue_of(listener),
                         attach_table_words(fate, request->may_repeat));
        refused = refused || fate == ATTACH_REFUSED;
        any = any || fate == ATTACH_SET;
    }
    table_print(&table, "");
    if (any)
        say_what_lacks(request);
    if (any && !request->may_repeat)
        return EXIT_FAILURE;
    warn_of_kernels(listeners, record, request->verb);
    return attach_record_save(record, request->verb) && !refused ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* ---- detach ---- */

static enum attach_fate put_back(const struct attach_listener *listener,
                                 struct attach_record *record)
{
    const int set = attach_record_queue(record, listener->cookie), now = queue_of(listener);
    if (set == 0)
        return ATTACH_UNKNOWN;
    if (now == set && tcp_set_option(listener->fd, TCP_FASTOPEN, 0) != 0)
        return ATTACH_REFUSED;
    attach_record_put(record, listener->cookie, 0);
    if (now == 0)
        return ATTACH_GONE;
    return now == set ? ATTACH_BACK : ATTACH_OWN;
}

int attach_put_back(const struct attach_request *request, const struct attach_listeners *listeners,
                    struct attach_record *record)
{
    struct table table = attach_table();
    bool refused = false, any = false;
    for (size_t i = 0; i < listeners->count; i++) {
        const struct attach_listener *listener = &listeners->all[i];
        const enum attach_fate fate = put_back(listener, record);
        attach_table_add(&table, listener, queue_of(listener), attach_table_words(fate, true));
        refused = refused || fate == ATTACH_REFUSED;
        any = any || fate != ATTACH_UNKNOWN;
    }
    table_print(&table, "");
    if (!any)
        complain("%s: attach has set TCP_FASTOPEN on none of them", request->verb);
    return attach_record_save(record, request->verb) && any && !refused ? EXIT_SUCCESS
                                                                        : EXIT_FAILURE;
}
