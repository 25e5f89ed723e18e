/* SPDX-License-Identifier: MIT */
#include "cli/attach.h"
#include "cli/attach_target.h"
#include "cli/paint.h"
#include "cli/util.h"
#include "cli/verbs.h"
#include "kernel/tcp.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct option attach_options[] = {
    PAINT_OPTION,
    {"first-read", required_argument, NULL, 'f'},
    {"help", no_argument, NULL, 'h'},
    {"port", required_argument, NULL, 'p'},
    {"queue", required_argument, NULL, 'q'},
    {NULL, 0, NULL, 0},
};

static const struct option detach_options[] = {
    PAINT_OPTION,
    {"help", no_argument, NULL, 'h'},
    {"port", required_argument, NULL, 'p'},
    {NULL, 0, NULL, 0},
};

struct verb_of {
    const char *name;
    const struct option *options;
    int (*help)(void);
    int (*act)(const struct attach_request *, const struct attach_listeners *,
               struct attach_record *);
};

static int attach_help(void)
{
    fputs("usage: tfoshim attach --first-read any [--port N] [--queue N] PID|UNIT\n"
          "\n"
          "Has the listeners of a process, or of a systemd service, take data in SYNs: while it\n"
          "runs, in whatever language it is written, statically linked or not. It gets neither\n"
          "the guard nor Fast Open for the connections that it opens itself: those are the\n"
          "library's (run, enable). Without the first option it says what it would do.\n"
          "\n"
          "options:\n"
          "      --first-read WHAT\n"
          "                    \"any\": the program may read whatever a SYN brings, before its\n"
          "                    client has shown that it is there, and somebody who has recorded a\n"
          "                    request may repeat it: that does no harm\n"
          "      --port N      only listeners on this port\n"
          "      --queue N     so many connections may be unproved at a time, instead of as many\n"
          "                    as the listener's backlog\n" PAINT_HELP
          "      --help        this text\n",
          stdout);
    return finish_output() ? EXIT_SUCCESS : EXIT_FAILURE;
}

static int detach_help(void)
{
    fputs("usage: tfoshim detach [--port N] PID|UNIT\n"
          "\n"
          "Undoes \"tfoshim attach\" for a process or a systemd service.\n"
          "\n"
          "options:\n"
          "      --port N      only listeners on this port\n" PAINT_HELP
          "      --help        this text\n",
          stdout);
    return finish_output() ? EXIT_SUCCESS : EXIT_FAILURE;
}

static const struct verb_of attach = {"attach", attach_options, attach_help, attach_set};
static const struct verb_of detach = {"detach", detach_options, detach_help, attach_put_back};

/* 0 after a complaint. */
static int number_or_0(const char *what, const char *text, int most, const char *verb)
{
    long long number;

    if (read_number(&number, text, 1, most))
        return (int)number;
    complain("%s: found %s \"%s\", expected a number from 1 to %d", verb, what, text, most);
    return 0;
}

/* There is nobody to guard it: the word is a rule's, see tfoshim.conf(5). */
static bool read_consent(const char *text)
{
    if (strcmp(text, "any") == 0)
        return true;
    if (strcmp(text, "replay-safe") == 0)
        complain("attach: found --first-read \"replay-safe\", which takes the library in the "
                 "process (tfoshim run, tfoshim enable); expected \"any\"");
    else
        complain("attach: found --first-read \"%s\", expected \"any\"", text);
    return false;
}

static bool read_option(struct attach_request *request, int option)
{
    switch (option) {
    case 'C':
        return paint_choose(optarg);
    case 'f':
        request->may_repeat = read_consent(optarg);
        return request->may_repeat;
    case 'p':
        request->port = (uint16_t)number_or_0("port", optarg, UINT16_MAX, request->verb);
        return request->port != 0;
    default:
        request->queue = number_or_0("queue", optarg, UINT16_MAX, request->verb);
        return request->queue != 0;
    }
}

/* ---- which listeners ---- */

static void who(char *text, size_t size, const struct attach_request *request,
                const struct attach_target *target)
{
    char process[ATTACH_PROCESS_MOST];

    attach_process_text(process, target->processes[0]);
    if (target->is_unit)
        snprintf(text, size, "%s, of %zu process%s,", request->word, target->count,
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
    who(text, sizeof(text), request, target);
    if (found > 0)
        complain("%s: %s does not listen on port %u, but on %u%s", request->verb, text,
                 request->port, listeners->all[0].endpoint.port, found > 1 ? " and others" : "");
    else
        complain("%s: %s does not listen for TCP connections: of its sockets, %u, none does",
                 request->verb, text, listeners->passed_over);
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
        all = attach_listeners_add(&listeners, target->processes[i], target->is_unit, verb->name) &&
              all;
    if ((all || listeners.count > 0) && choose(request, target, &listeners) &&
        attach_record_open(&record, verb->name)) {
        status = verb->act(request, &listeners, &record);
        attach_record_close(&record);
    }
    attach_listeners_free(&listeners);
    return all && finish_output() ? status : EXIT_FAILURE;
}

static int serve(const struct verb_of *verb, int argc, char **argv)
{
    struct attach_request request = {.verb = verb->name};
    struct attach_target target;
    int answer, status;

    opterr = 0;
    while ((answer = getopt_long(argc, argv, ":h", verb->options, NULL)) != -1) {
        if (answer == 'h')
            return verb->help();
        if (answer == '?' || answer == ':') {
            complain_option(argv, verb->options, answer);
            return EXIT_USAGE;
        }
        if (!read_option(&request, answer))
            return EXIT_USAGE;
    }
    if (argc - optind != 1) {
        complain("%s: expected one process or systemd service, see tfoshim %s --help", verb->name,
                 verb->name);
        return EXIT_USAGE;
    }
    request.word = argv[optind];
    kernel_syscall = syscall;
    status = attach_target_find(&target, request.word, verb->name);
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
