/* SPDX-License-Identifier: MIT */
/* TCP_FASTOPEN on the listeners of processes that run already, without the library. */
#include "cli/attach_listeners.h"
#include "cli/attach_record.h"
#include "cli/attach_target.h"
#include "cli/options.h"
#include "cli/paint.h"
#include "cli/place.h"
#include "cli/processes.h"
#include "cli/text_table.h"
#include "cli/util.h"
#include "cli/verbs.h"
#include "kernel/netns.h"
#include "kernel/proc.h"
#include "kernel/tcp.h"

#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct request {
    const char *verb;
    const char *word; /* which process or unit, as it was typed */
    int port;         /* 0: all */
    int queue;        /* 0: as long as each listener's backlog */
    bool may_repeat;  /* whoever runs it has said that a repeated request does no harm */
};

/* ---- the table ---- */

/* What becomes of a listener. */
enum fate {
    SET,     /* accepts SYN data from now on */
    THERE,   /* does so since an earlier attach */
    OWN,     /* does so, but attach did not set it */
    SHIMMED, /* is left to the library */
    BACK,    /* accepts none from now on */
    GONE,    /* accepted none already */
    UNKNOWN, /* attach has not set anything here */
    REFUSED, /* by the kernel */
};

/* For the last column. A queue may be set only where that has been consented to. */
static const char *words_of(enum fate fate, bool may)
{
    switch (fate) {
    case SET:
        return may ? "accepts SYN data" : "would accept SYN data";
    case THERE:
        return "already accepts SYN data: attached before";
    case OWN:
        return "left alone: attach did not set its TCP_FASTOPEN";
    case SHIMMED:
        return "left alone: runs under libtfoshim.so, whose policy decides";
    case BACK:
        return "no longer accepts SYN data";
    case GONE:
        return "accepts no SYN data: the program has removed TCP_FASTOPEN since";
    case UNKNOWN:
        return "left alone: attach did not set TCP_FASTOPEN";
    default:
        return "the kernel refuses TCP_FASTOPEN";
    }
}

static void add_row(struct table *table, const struct attach_listener *listener, int queue,
                    const char *now)
{
    char place[PLACE_TEXT_MOST], process[PROCESS_TEXT_MOST];
    place_endpoint_text(place, &listener->endpoint);
    table_add_copy(table, place);
    table_add_text(table, "%d", queue);
    process_text(process, listener->process);
    if (listener->others > 0)
        table_add_text(table, "%s, %u more", process, listener->others);
    else
        table_add_copy(table, process);
    table_add_copy(table, now);
}

/* With its heading alone. */
static struct table make_table(void)
{
    static const char *const headings[] = {"listener", "queue", "process", "now"};
    return table_of(headings, sizeof headings / sizeof headings[0]);
}

/* ---- queues ---- */

static int queue_of(const struct attach_listener *listener)
{
    const int queue = tcp_option(listener->fd, TCP_FASTOPEN);
    return queue > 0 ? queue : 0;
}

static int queue_for(const struct request *request, const struct attach_listener *listener)
{
    return request->queue > 0 ? request->queue : attach_listener_backlog(listener);
}

/* ---- attach ---- */

static enum fate fate_when_set(const struct request *request,
                               const struct attach_listener *listener,
                               const struct attach_record *record)
{
    const int now = queue_of(listener);
    if (listener->is_shimmed)
        return SHIMMED;
    if (now != 0 && now != attach_record_queue(record, listener->cookie))
        return OWN;
    return now == queue_for(request, listener) ? THERE : SET;
}

/* The kernel may have made the queue shorter (net.core.somaxconn). */
static enum fate set(const struct request *request, const struct attach_listener *listener,
                     struct attach_record *record)
{
    const enum fate fate = fate_when_set(request, listener, record);
    if (fate != SET || !request->may_repeat)
        return fate;
    if (tcp_set_option(listener->fd, TCP_FASTOPEN, queue_for(request, listener)) != 0) {
        attach_record_put(record, listener->cookie, 0);
        return REFUSED;
    }
    attach_record_put(record, listener->cookie, queue_of(listener));
    return SET;
}

/* Recorded before it is set: nothing is ever set that detach does not know of. What is set already
 * is recorded with its present queue, until it gets another one. */
static bool announce(const struct request *request, const struct attach_listeners *listeners,
                     struct attach_record *record)
{
    for (size_t i = 0; i < listeners->count; i++) {
        const struct attach_listener *listener = &listeners->all[i];
        if (queue_of(listener) == 0 && fate_when_set(request, listener, record) == SET)
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

static void say_what_lacks(const struct request *request)
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

static int attach(const struct request *request, const struct attach_listeners *listeners,
                  struct attach_record *record)
{
    struct table table = make_table();
    bool refused = false, any = false;
    if (request->may_repeat && !announce(request, listeners, record)) {
        table_drop(&table);
        return EXIT_FAILURE;
    }
    for (size_t i = 0; i < listeners->count; i++) {
        const struct attach_listener *listener = &listeners->all[i];
        const enum fate fate = set(request, listener, record);
        add_row(&table, listener,
                fate == SET && !request->may_repeat ? queue_for(request, listener)
                                                    : queue_of(listener),
                words_of(fate, request->may_repeat));
        refused = refused || fate == REFUSED;
        any = any || fate == SET;
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
        return UNKNOWN;
    if (now == set && tcp_set_option(listener->fd, TCP_FASTOPEN, 0) != 0)
        return REFUSED;
    attach_record_put(record, listener->cookie, 0);
    if (now == 0)
        return GONE;
    return now == set ? BACK : OWN;
}

static int detach(const struct request *request, const struct attach_listeners *listeners,
                  struct attach_record *record)
{
    struct table table = make_table();
    bool refused = false, any = false;
    for (size_t i = 0; i < listeners->count; i++) {
        const struct attach_listener *listener = &listeners->all[i];
        const enum fate fate = put_back(listener, record);
        add_row(&table, listener, queue_of(listener), words_of(fate, true));
        refused = refused || fate == REFUSED;
        any = any || fate != UNKNOWN;
    }
    table_print(&table, "");
    if (!any)
        complain("%s: attach has set TCP_FASTOPEN on none of them", request->verb);
    return attach_record_save(record, request->verb) && any && !refused ? EXIT_SUCCESS
                                                                        : EXIT_FAILURE;
}

/* ---- which listeners ---- */

static void who(char *text, size_t size, const struct request *request,
                const struct attach_target *target)
{
    char process[PROCESS_TEXT_MOST];
    process_text(process, target->processes[0]);
    if (target->is_unit)
        snprintf(text, size, "%s (%zu process%s)", request->word, target->count,
                 target->count == 1 ? "" : "es");
    else
        snprintf(text, size, "process %s", process);
}

/* Those on other ports stay as they are. False after a complaint: none is left. */
static bool choose(const struct request *request, const struct attach_target *target,
                   struct attach_listeners *listeners)
{
    const size_t found = listeners->count;
    char text[320];
    size_t kept = 0;
    for (size_t i = 0; i < found; i++)
        if (request->port == 0 || listeners->all[i].endpoint.port == request->port) {
            const struct attach_listener chosen = listeners->all[i];
            listeners->all[i] = listeners->all[kept];
            listeners->all[kept++] = chosen;
        }
    if (kept > 0) {
        for (size_t i = kept; i < found; i++)
            close(listeners->all[i].fd);
        listeners->count = kept;
        return true;
    }
    who(text, sizeof text, request, target);
    if (found > 0)
        complain("%s: %s does not listen on port %d, but on %u%s", request->verb, text,
                 request->port, listeners->all[0].endpoint.port, found > 1 ? " and others" : "");
    else
        complain("%s: %s has no TCP listener (other sockets: %u)", request->verb, text,
                 listeners->passed_over);
    return false;
}

/* ---- the verbs ---- */

static const char attach_help[] =
    "usage: tfoshim attach --first-read any [--port N] [--queue N] PID|UNIT\n"
    "\n"
    "Makes a running process or systemd service accept data in SYNs, without a restart and\n"
    "without the library: statically linked servers too, in any language. The process has no\n"
    "guard, and the connections that it opens are not changed: both need the library (run,\n"
    "enable). Without --first-read, prints what it would do.\n"
    "\n"
    "options:\n"
    "      --first-read WHAT\n"
    "                    \"any\": confirm that the program may read the data of a SYN at once,\n"
    "                    and that no harm is done if someone who recorded a SYN repeats it\n"
    "      --port N      only listeners on this port\n"
    "      --queue N     the number of connections that may be unproved at a time, instead of\n"
    "                    the backlog of the listener\n" PAINT_HELP
    "      --help        this text\n";

static const char detach_help[] = "usage: tfoshim detach [--port N] PID|UNIT\n"
                                  "\n"
                                  "Undoes \"tfoshim attach\" for a process or a systemd service.\n"
                                  "\n"
                                  "options:\n"
                                  "      --port N      only listeners on this port\n" PAINT_HELP
                                  "      --help        this text\n";

/* There is no guard here: the word is that of a rule, see tfoshim.conf(5). */
static int take_consent(void *of, const struct verb_option *option, const char *word)
{
    struct request *request = of;
    request->may_repeat = strcmp(word, "any") == 0;
    if (request->may_repeat)
        return EXIT_SUCCESS;
    if (strcmp(word, "replay-safe") != 0)
        return option_unexpected(option, word, "\"any\"");
    complain("attach: --first-read: found \"replay-safe\", which needs the library in the process "
             "(tfoshim run, tfoshim enable); expected \"any\"");
    return EXIT_USAGE;
}

#define PORT_OPTION OPTION_NUMBER_OF("port", struct request, port, 1, UINT16_MAX)

static const struct verb_option attach_options[] = {
    PAINT_OPTION, {"first-read", .kind = OPTION_TAKE, .take = take_consent},
    PORT_OPTION,  OPTION_NUMBER_OF("queue", struct request, queue, 1, UINT16_MAX),
    OPTIONS_END,
};

static const struct verb_option detach_options[] = {PAINT_OPTION, PORT_OPTION, OPTIONS_END};

/* Prints what became of every listener, and returns the exit status. */
typedef int act_on(const struct request *, const struct attach_listeners *, struct attach_record *);

static int serve_target(const struct request *request, const struct attach_target *target,
                        act_on *act)
{
    struct attach_listeners listeners = {.count = 0};
    struct attach_record record;
    int status = EXIT_FAILURE;
    bool all = true;
    for (size_t i = 0; i < target->count; i++)
        all = attach_listeners_add(&listeners, target->processes[i], target->is_unit,
                                   request->verb) &&
              all;
    if ((all || listeners.count > 0) && choose(request, target, &listeners) &&
        attach_record_open(&record, request->verb)) {
        status = act(request, &listeners, &record);
        attach_record_close(&record);
    }
    attach_listeners_free(&listeners);
    return all && finish_output() ? status : EXIT_FAILURE;
}

static int serve(const struct syntax *syntax, int argc, char **argv, act_on *act)
{
    struct request request = {.verb = syntax->verb};
    struct attach_target target;
    int status;
    char **words = options_read(syntax, &request, argc, argv, &status);
    if (words == NULL)
        return status;
    request.word = words[0];
    status = attach_target_find(&target, request.word, request.verb);
    if (status == EXIT_SUCCESS)
        status = serve_target(&request, &target, act);
    attach_target_free(&target);
    return status;
}

#define OPERAND "process or systemd service"

int attach_main(int argc, char **argv)
{
    static const struct syntax syntax = {"attach",     attach_help, attach_options,
                                         OPERANDS_ONE, OPERAND,     0};
    return serve(&syntax, argc, argv, attach);
}

int detach_main(int argc, char **argv)
{
    static const struct syntax syntax = {"detach",     detach_help, detach_options,
                                         OPERANDS_ONE, OPERAND,     0};
    return serve(&syntax, argc, argv, detach);
}
