/* SPDX-License-Identifier: MIT */
#include "cli/stat.h"
#include "cli/paint.h"
#include "cli/util.h"
#include "cli/verbs.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define INTERVAL_S 2.0
#define INTERVAL_LEAST_S 0.1
#define INTERVAL_MOST_S 86400.0

static const struct option options[] = {
    {"all", no_argument, NULL, 'a'},          PAINT_OPTION,
    {"help", no_argument, NULL, 'h'},         {"json", no_argument, NULL, 'j'},
    {"memory", required_argument, NULL, 'm'}, {"prometheus", optional_argument, NULL, 'p'},
    {"reset", no_argument, NULL, 'r'},        {"user", required_argument, NULL, 'u'},
    {"watch", optional_argument, NULL, 'w'},  {NULL, 0, NULL, 0},
};

/* What is asked for: the table once, unless one of these is. */
struct request {
    int what;            /* 0, or the letter of an option */
    const char *operand; /* of that option, or NULL */
    bool all;
    struct memories memories;
};

static int help(void)
{
    fputs("usage: tfoshim stat [--all] [--color WHEN] [--watch [SECONDS]] [WHOSE]\n"
          "       tfoshim stat [--all] --json | --prometheus [FILE] [WHOSE]\n"
          "       tfoshim stat --reset [WHOSE]\n"
          "\n"
          "Shows what Fast Open has saved this user's programs (for root: everybody's) and where\n"
          "it has failed, the destinations first that have gained the most, and the kernel's own\n"
          "counters beside it. WHOSE is --user USER or --memory FILE.\n"
          "\n"
          "options:\n"
          "      --all         other network namespaces as well\n" PAINT_HELP
          "      --help        this text\n"
          "      --json        for programs\n"
          "      --memory FILE the memory that this file names\n"
          "      --prometheus [FILE]\n"
          "                    in the text format of Prometheus; FILE is replaced as a whole, as "
          "the\n"
          "                    text-file collector of its node exporter needs it\n"
          "      --reset       forget all of it, in every network namespace\n"
          "      --user USER   that user's programs alone\n"
          "      --watch [SECONDS]\n"
          "                    again and again, every 2 seconds unless given\n",
          stdout);
    return finish_output() ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* ---- once ---- */

static int print_once(void (*print)(const struct stat_view *), const struct request *request)
{
    struct stat_view view;

    if (!stat_collect(&view, &request->memories, request->all))
        return EXIT_FAILURE;
    print(&view);
    stat_drop(&view);
    return finish_output() ? EXIT_SUCCESS : EXIT_FAILURE;
}

static void print_table(const struct stat_view *view)
{
    stat_print_table(view, false);
}

static void print_table_of_all(const struct stat_view *view)
{
    stat_print_table(view, true);
}

static void print_prometheus(const struct stat_view *view)
{
    stat_print_prometheus(stdout, view);
}

static int print_table_once(const struct request *request)
{
    return print_once(request->all ? print_table_of_all : print_table, request);
}

static void reset_one(void *context)
{
    (void)context;
    memory_reset();
}

static int reset(const struct request *request)
{
    return memories_each(&request->memories, true, reset_one, NULL) ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* ---- again and again ---- */

static bool read_interval(const char *text, double *seconds)
{
    char *end = NULL;

    *seconds = INTERVAL_S;
    if (text == NULL)
        return true;
    *seconds = strtod(text, &end);
    if (end != text && *end == '\0' && *seconds >= INTERVAL_LEAST_S && *seconds <= INTERVAL_MOST_S)
        return true;
    complain("stat: --watch: found \"%s\", expected a number of seconds from 0.1 to 86400", text);
    return false;
}

/* Ends when its output does, or by a signal. */
static int watch(const struct request *request)
{
    const bool is_terminal = isatty(STDOUT_FILENO);
    struct timespec pause;
    double seconds;

    if (!read_interval(request->operand, &seconds))
        return EXIT_USAGE;
    pause.tv_sec = (time_t)seconds;
    pause.tv_nsec = (long)((seconds - (double)pause.tv_sec) * 1e9);
    for (;;) {
        /* Home, and clear: what is shown next takes its place. */
        fputs(is_terminal ? "\033[H\033[2J" : "", stdout);
        if (print_table_once(request) != 0)
            return EXIT_FAILURE;
        nanosleep(&pause, NULL);
        fputs(is_terminal ? "" : "\n", stdout);
    }
}

static int export(const struct request *request)
{
    struct stat_view view;
    int status;

    if (request->operand == NULL)
        return print_once(print_prometheus, request);
    if (!stat_collect(&view, &request->memories, request->all))
        return EXIT_FAILURE;
    status = stat_export(request->operand, &view) ? EXIT_SUCCESS : EXIT_FAILURE;
    stat_drop(&view);
    return status;
}

/* ---- arguments ---- */

static int serve(const struct request *request)
{
    switch (request->what) {
    case 'j':
        return print_once(stat_print_json, request);
    case 'p':
        return export(request);
    case 'r':
        return reset(request);
    case 'w':
        return watch(request);
    default:
        return print_table_once(request);
    }
}

/* An operand may be the next word. */
static const char *operand_of(int argc, char **argv, int option)
{
    if (optarg != NULL || (option != 'p' && option != 'w') || optind == argc ||
        argv[optind][0] == '-')
        return optarg;
    return argv[optind++];
}

static bool choose(struct request *request, int argc, char **argv, int option)
{
    if (request->what != 0 && request->what != option) {
        complain("stat: --json, --prometheus, --reset and --watch go one at a time");
        return false;
    }
    request->what = option;
    request->operand = operand_of(argc, argv, option);
    return true;
}

/* EXIT_SUCCESS, or what the command is to return. */
static int take(struct request *request, int argc, char **argv, int option)
{
    switch (option) {
    case 'a':
        request->all = true;
        return EXIT_SUCCESS;
    case 'C':
        return paint_choose(optarg) ? EXIT_SUCCESS : EXIT_USAGE;
    case 'm':
        request->memories.file = optarg;
        return EXIT_SUCCESS;
    case 'u':
        return memories_set_user(&request->memories, optarg) ? EXIT_SUCCESS : EXIT_FAILURE;
    case '?':
    case ':':
        complain_option(argv, options, option);
        return EXIT_USAGE;
    default:
        return choose(request, argc, argv, option) ? EXIT_SUCCESS : EXIT_USAGE;
    }
}

int stat_main(int argc, char **argv)
{
    struct request request = {.what = 0};
    int answer, status;

    opterr = 0;
    while ((answer = getopt_long(argc, argv, ":h", options, NULL)) != -1) {
        if (answer == 'h')
            return help();
        status = take(&request, argc, argv, answer);
        if (status != EXIT_SUCCESS)
            return status;
    }
    if (optind < argc) {
        complain("stat: found \"%s\", expected no argument", argv[optind]);
        return EXIT_USAGE;
    }
    if (request.memories.file != NULL && request.memories.name != NULL) {
        complain("stat: --memory and --user go one at a time");
        return EXIT_USAGE;
    }
    return serve(&request);
}
