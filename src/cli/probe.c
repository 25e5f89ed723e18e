/* SPDX-License-Identifier: MIT */
#include "cli/probe.h"
#include "cli/paint.h"
#include "cli/util.h"
#include "cli/verbs.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PORT_UNLESS_GIVEN 443
static const struct option options[] = {
    PAINT_OPTION,
    {"count", required_argument, NULL, 'n'},
    {"data", required_argument, NULL, 'd'},
    {"help", no_argument, NULL, 'h'},
    {"timeout", required_argument, NULL, 't'},
    {"tls", no_argument, NULL, 's'},
    {NULL, 0, NULL, 0},
};

static int help(void)
{
    fputs("usage: tfoshim probe [OPTION...] HOST[:PORT]\n"
          "\n"
          "Tries whether Fast Open works with a server and on the path to it: asks for a cookie,\n"
          "sends a first write in the SYN, several times and by turns with plain connections, and\n"
          "says what became of it and what it saves. The port is 443 unless given.\n"
          "\n"
          "What is sent may be delivered twice: a TLS ClientHello to port 443 or with --tls, else\n"
          "the HTTP request \"HEAD /\".\n"
          "\n"
          "options:\n"
          "  -4, -6            over IPv4 alone, over IPv6 alone\n"
          "      --tls         send a TLS ClientHello\n"
          "      --data FILE   send this file; it should do no harm when delivered twice\n"
          "      --count N     so many connections of either kind (5)\n"
          "      --timeout SECONDS\n"
          "                    the most that one connection may take (5)\n" PAINT_HELP
          "      --help        this text\n"
          "\n"
          "The exit status is 0 if Fast Open works, 1 if it does not.\n",
          stdout);
    return finish_output() ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* The library would turn our plain connections into fast ones. */
static void shake_off_library(char **argv)
{
    const char *disabled = getenv("TFOSHIM_DISABLE");

    if (getenv("LD_PRELOAD") == NULL && disabled != NULL && strcmp(disabled, "1") == 0)
        return;
    unsetenv("LD_PRELOAD");
    if (setenv("TFOSHIM_DISABLE", "1", 1) == 0)
        execv("/proc/self/exe", argv - 1);
}

struct request {
    struct probe probe;
    const char *file;
    int family;
    bool tls;
    long count;
};

static bool read_number(long *number, const char *option, const char *text, long most)
{
    char *end;

    *number = strtol(text, &end, 10);
    if (*text >= '0' && *text <= '9' && *end == '\0' && *number >= 1 && *number <= most)
        return true;
    complain("probe: %s: found \"%s\", expected a number from 1 to %ld", option, text, most);
    return false;
}

/* False after a complaint. */
static bool read_option(struct request *request, int answer, char **argv)
{
    long seconds;

    switch (answer) {
    case '4':
        request->family = AF_INET;
        return true;
    case '6':
        request->family = AF_INET6;
        return true;
    case 's':
        request->tls = true;
        return true;
    case 'd':
        request->file = optarg;
        return true;
    case 'n':
        return read_number(&request->count, "--count", optarg, PROBE_COUNT_MOST);
    case 't':
        if (!read_number(&seconds, "--timeout", optarg, 600))
            return false;
        request->probe.timeout_ms = (int)seconds * 1000;
        return true;
    case 'C':
        return paint_choose(optarg);
    default:
        complain_option(argv, options, answer);
        return false;
    }
}

int probe_main(int argc, char **argv)
{
    struct request request = {.probe.timeout_ms = 5000, .family = AF_UNSPEC, .count = 5};
    struct probe *probe = &request.probe;
    bool works;
    int answer;

    opterr = 0;
    while ((answer = getopt_long(argc, argv, ":46h", options, NULL)) != -1) {
        if (answer == 'h')
            return help();
        if (!read_option(&request, answer, argv))
            return EXIT_USAGE;
    }
    if (argc - optind != 1) {
        complain("probe: expected one host, see tfoshim probe --help");
        return EXIT_USAGE;
    }
    if (request.tls && request.file != NULL) {
        complain("probe: --tls and --data cannot be used together");
        return EXIT_USAGE;
    }
    if (!place_read(&probe->place, argv[optind], "probe"))
        return EXIT_USAGE;
    shake_off_library(argv);
    if (probe->place.port == 0)
        probe->place.port = PORT_UNLESS_GIVEN;
    if (request.file != NULL)
        probe->kind = PROBE_FILE;
    else if (request.tls || probe->place.port == 443)
        probe->kind = PROBE_TLS;
    if (!probe_make_data(probe, request.file))
        return EXIT_USAGE;
    works = probe_run(probe, request.family, request.count);
    free(probe->data);
    return finish_output() && works ? EXIT_SUCCESS : EXIT_FAILURE;
}
