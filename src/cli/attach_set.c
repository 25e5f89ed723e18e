/* SPDX-License-Identifier: MIT */
#include "cli/attach.h"
#include "cli/machine.h"
#include "cli/place.h"
#include "cli/table.h"
#include "cli/util.h"
#include "kernel/tcp.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What becomes of a listener. */
enum fate {
    FATE_SET,     /* takes SYN data from now on */
    FATE_THERE,   /* has so since an earlier attach */
    FATE_OWN,     /* has so by somebody else's doing */
    FATE_SHIMMED, /* is the library's matter */
    FATE_BACK,    /* takes none from now on */
    FATE_GONE,    /* takes none already */
    FATE_UNKNOWN, /* attach has not set anything here */
    FATE_REFUSED, /* by the kernel */
};

static const char *words_of(enum fate fate, bool may)
{
    switch (fate) {
    case FATE_SET:
        return may ? "takes SYN data" : "would take SYN data";
    case FATE_THERE:
        return "takes SYN data already: attached before";
    case FATE_OWN:
        return "left alone: has a TCP_FASTOPEN that attach did not set";
    case FATE_SHIMMED:
        return "left alone: runs under libtfoshim.so, whose policy decides";
    case FATE_BACK:
        return "takes no SYN data any more";
    case FATE_GONE:
        return "takes no SYN data: its program has switched it off since";
    case FATE_UNKNOWN:
        return "left alone: attach has not set it";
    default:
        return "the kernel refuses TCP_FASTOPEN";
    }
}

static void add_row(struct table *table, const struct attach_listener *listener, int queue,
                    const char *now)
{
    char place[PLACE_TEXT_MOST], process[ATTACH_PROCESS_MOST], *text;

    place_endpoint_text(place, &listener->endpoint);
    table_add_copy(table, place);
    table_add(table, asprintf(&text, "%d", queue) < 0 ? NULL : text);
    attach_process_text(process, listener->process);
    if (listener->others > 0)
        table_add(table,
                  asprintf(&text, "%s, %u more", process, listener->others) < 0 ? NULL : text);
    else
        table_add_copy(table, process);
    table_add_copy(table, now);
}

static struct table new_table(void)
{
    static const char *const headings[] = {"listener", "queue", "process", "now"};
    struct table table = {.columns = sizeof(headings) / sizeof(headings[0])};

    for (size_t i = 0; i < table.columns; i++)
        table_add_copy(&table, headings[i]);
    return table;
}

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

static enum fate fate_when_set(const struct attach_request *request,
                               const struct attach_listener *listener,
                               const struct attach_record *record)
{
    const int now = queue_of(listener);

    if (listener->is_shimmed)
        return FATE_SHIMMED;
    if (now != 0 && now != attach_record_queue(record, listener->cookie))
        return FATE_OWN;
    return now == queue_for(request, listener) ? FATE_THERE : FATE_SET;
}

/* The kernel may have made the queue shorter (net.core.somaxconn). */
static enum fate set(const struct attach_request *request, const struct attach_listener *listener,
                     struct attach_record *record)
{
    const enum fate fate = fate_when_set(request, listener, record);

    if (fate != FATE_SET || !request->may_repeat)
        return fate;
    if (tcp_set_option(listener->fd, TCP_FASTOPEN, queue_for(request, listener)) != 0)
        return FATE_REFUSED;
    attach_record_put(record, listener->cookie, queue_of(listener));
    return FATE_SET;
}

/* What is going to be set is written down first: nothing is ever set that detach does not know.
 * What is set already is known, and by its present queue, until it has another. */
static bool announce(const struct attach_request *request, const struct attach_listeners *listeners,
                     struct attach_record *record)
{
    for (size_t i = 0; i < listeners->count; i++) {
        const struct attach_listener *listener = &listeners->all[i];

        if (queue_of(listener) == 0 && fate_when_set(request, listener, record) == FATE_SET)
            attach_record_put(record, listener->cookie, queue_for(request, listener));
    }
    return attach_record_save(record, request->verb);
}

/* The sysctl is that of the socket's network namespace, which need not be ours. */
static void warn_of_kernel(const struct attach_listener *listener, const char *verb)
{
    bool is_ours;
    const long bits = machine_fastopen_of(listener->fd, &is_ours);

    if (bits < 0)
        complain("%s: only root may see whether the kernel lets listeners in the network "
                 "namespace of process %d take SYN data: nsenter --net --target %d sysctl "
                 "net.ipv4.tcp_fastopen",
                 verb, listener->process, listener->process);
    else if (!(bits & FASTOPEN_SERVER) && is_ours)
        complain("%s: the kernel lets no listener here take SYN data (net.ipv4.tcp_fastopen is "
                 "%ld): sysctl -w net.ipv4.tcp_fastopen=%ld",
                 verb, bits, bits | FASTOPEN_SERVER);
    else if (!(bits & FASTOPEN_SERVER))
        complain("%s: the kernel lets no listener in the network namespace of process %d take SYN "
                 "data (net.ipv4.tcp_fastopen is %ld): nsenter --net --target %d sysctl -w "
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
        snprintf(port, sizeof(port), "--port %u ", request->port);
    if (request->may_repeat)
        printf("no guard: a SYN that somebody has recorded, and sends again, is executed again\n"
               "no deferral: the connections that the process opens are as before\n"
               "undone by: tfoshim detach %s%s\n",
               port, request->word);
    else
        complain("%s: nothing is set: without the library in it the process has no guard, and "
                 "executes again what somebody has recorded and sends again; where that does no "
                 "harm: tfoshim attach --first-read any %s%s",
                 request->verb, port, request->word);
}

int attach_set(const struct attach_request *request, const struct attach_listeners *listeners,
               struct attach_record *record)
{
    struct table table = new_table();
    bool refused = false, any = false;

    if (request->may_repeat && !announce(request, listeners, record)) {
        table_drop(&table);
        return EXIT_FAILURE;
    }
    for (size_t i = 0; i < listeners->count; i++) {
        const struct attach_listener *listener = &listeners->all[i];
        const enum fate fate = set(request, listener, record);

        add_row(&table, listener,
                fate == FATE_SET && !request->may_repeat ? queue_for(request, listener)
                                                         : queue_of(listener),
                words_of(fate, request->may_repeat));
        refused = refused || fate == FATE_REFUSED;
        any = any || fate == FATE_SET;
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

static enum fate put_back(const struct attach_listener *listener, struct attach_record *record)
{
    const int set = attach_record_queue(record, listener->cookie), now = queue_of(listener);

    if (set == 0)
        return FATE_UNKNOWN;
    if (now == set && tcp_set_option(listener->fd, TCP_FASTOPEN, 0) != 0)
        return FATE_REFUSED;
    attach_record_put(record, listener->cookie, 0);
    if (now == 0)
        return FATE_GONE;
    return now == set ? FATE_BACK : FATE_OWN;
}

int attach_put_back(const struct attach_request *request, const struct attach_listeners *listeners,
                    struct attach_record *record)
{
    struct table table = new_table();
    bool refused = false, any = false;

    for (size_t i = 0; i < listeners->count; i++) {
        const struct attach_listener *listener = &listeners->all[i];
        const enum fate fate = put_back(listener, record);

        add_row(&table, listener, queue_of(listener), words_of(fate, true));
        refused = refused || fate == FATE_REFUSED;
        any = any || fate != FATE_UNKNOWN;
    }
    table_print(&table, "");
    if (!any)
        complain("%s: attach has set none of them", request->verb);
    return attach_record_save(record, request->verb) && any && !refused ? EXIT_SUCCESS
                                                                        : EXIT_FAILURE;
}
