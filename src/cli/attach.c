/* SPDX-License-Identifier: MIT */
#include "cli/attach.h"
#include "cli/attach_target.h"
#include "cli/options.h"
#include "cli/paint.h"
#include "cli/process_look.h"
#include "cli/util.h"
#include "cli/verbs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct verb_of {
    struct syntax syntax;
    int (*act)(const struct attach_request *, const struct attach_listeners *,
               struct attach_record *);
};

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
    struct attach_request *request = of;
    request->may_repeat = strcmp(word, "any") == 0;
    if (request->may_repeat)
        return EXIT_SUCCESS;
    if (strcmp(word, "replay-safe") != 0)
        return option_unexpected(option, word, "\"any\"");
    complain("attach: --first-read: found \"replay-safe\", which needs the library in the process "
             "(tfoshim run, tfoshim enable); expected \"any\"");
    return EXIT_USAGE;
}

#define PORT_OPTION OPTION_NUMBER_OF("port", struct attach_request, port, 1, UINT16_MAX)

static const struct verb_option attach_options[] = {
    PAINT_OPTION, {"first-read", .kind = OPTION_TAKE, .take = take_consent},
    PORT_OPTION,  OPTION_NUMBER_OF("queue", struct attach_request, queue, 1, UINT16_MAX),
    OPTIONS_END,
};

static const struct verb_option detach_options[] = {PAINT_OPTION, PORT_OPTION, OPTIONS_END};

#define OPERAND "process or systemd service"

static const struct verb_of attach = {
    {"attach", attach_help, attach_options, OPERANDS_ONE, OPERAND, 0}, attach_set};
static const struct verb_of detach = {
    {"detach", detach_help, detach_options, OPERANDS_ONE, OPERAND, 0}, attach_put_back};

/* ---- which listeners ---- */

static void who(char *text, size_t size, const struct attach_request *request,
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
static bool choose(const struct attach_request *request, const struct attach_target *target,
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

static int serve_target(const struct verb_of *verb, const struct attach_request *request,
                        const struct attach_target *target)
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
        status = verb->act(request, &listeners, &record);
        attach_record_close(&record);
    }
    attach_listeners_free(&listeners);
    return all && finish_output() ? status : EXIT_FAILURE;
}

static int serve(const struct verb_of *verb, int argc, char **argv)
{
    struct attach_request request = {.verb = verb->syntax.verb};
    struct attach_target target;
    int status;
    char **words = options_read(&verb->syntax, &request, argc, argv, &status);
    if (words == NULL)
        return status;
    request.word = words[0];
    status = attach_target_find(&target, request.word, request.verb);
    if (status == EXIT_SUCCESS)
        status = serve_target(verb, &request, &target);
    attach_target_free(&target);
    return status;
}

int attach_main(int argc, char **argv)
{
    return serve(&attach, argc, argv);
}

int detach_main(int argc, char **argv)
{
    return serve(&detach, argc, argv);
}
