/* SPDX-License-Identifier: MIT */
#include "cli/stat.h"
#include "cli/paint.h"
#include "cli/recollection.h"
#include "cli/util.h"
#include "cli/verbs.h"

#include <fcntl.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define INTERVAL_S 2.0
#define INTERVAL_LEAST_S 0.1
#define INTERVAL_MOST_S 86400.0

static const struct option options[] = {
    {"all", no_argument, NULL, 'a'},
    PAINT_OPTION,
    {"help", no_argument, NULL, 'h'},
    {"json", no_argument, NULL, 'j'},
    {"prometheus", optional_argument, NULL, 'p'},
    {"reset", no_argument, NULL, 'r'},
    {"watch", optional_argument, NULL, 'w'},
    {NULL, 0, NULL, 0},
};

/* What is asked for: the table once, unless one of these is. */
struct request {
    int what;            /* 0, or the letter of an option */
    const char *operand; /* of that option, or NULL */
    bool all;
};

static int help(void)
{
    fputs("usage: tfoshim stat [--all] [--color WHEN] [--watch [SECONDS]]\n"
          "       tfoshim stat [--all] --json | --prometheus [FILE]\n"
          "       tfoshim stat --reset\n"
          "\n"
          "Shows what Fast Open has saved this user's programs and where it has failed, the\n"
          "destinations first that have gained the most, and the kernel's own counters beside it.\n"
          "\n"
          "options:\n"
          "      --all         other network namespaces as well\n" PAINT_HELP
          "      --help        this text\n"
          "      --json        for programs\n"
          "      --prometheus [FILE]\n"
          "                    in the text format of Prometheus; FILE is replaced as a whole, as "
          "the\n"
          "                    text-file collector of its node exporter needs it\n"
          "      --reset       forget all of it, in every network namespace\n"
          "      --watch [SECONDS]\n"
          "                    again and again, every 2 seconds unless given\n",
          stdout);
    return finish_output() ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* ---- once ---- */

static int print_once(void (*print)(const struct stat_view *), bool all)
{
    struct stat_view view;

    recollection_set_up();
    stat_collect(&view, all);
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

static int reset(void)
{
    recollection_set_up();
    memory_reset();
    return EXIT_SUCCESS;
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
        if (print_once(request->all ? print_table_of_all : print_table, request->all) != 0)
            return EXIT_FAILURE;
        nanosleep(&pause, NULL);
        fputs(is_terminal ? "" : "\n", stdout);
    }
}

/* ---- into a file ---- */

/* Whatever the umask makes of a file that others are to read. */
static bool let_others_read(int fd)
{
    const mode_t mask = umask(0);

    umask(mask);
    return fchmod(fd, 0666 & ~mask) == 0;
}

static bool write_file(FILE *stream, bool all)
{
    struct stat_view view;
    bool done;

    stat_collect(&view, all);
    stat_print_prometheus(stream, &view);
    stat_drop(&view);
    done = fflush(stream) == 0 && !ferror(stream) && let_others_read(fileno(stream)) &&
           fsync(fileno(stream)) == 0;
    return fclose(stream) == 0 && done;
}

/* The collector must never see half a file: written beside it, under a name that it does not read,
 * and renamed. */
static int replace_file(const char *name, bool all)
{
    const size_t size = strlen(name) + sizeof(".XXXXXX");
    char *temporary = need_memory(malloc(size));
    int fd, status = EXIT_FAILURE;

    snprintf(temporary, size, "%s.XXXXXX", name);
    fd = mkostemp(temporary, O_CLOEXEC);
    if (fd < 0) {
        complain_errno("stat: cannot make a file beside \"%s\"", name);
    } else if (!write_file(need_memory(fdopen(fd, "w")), all) || rename(temporary, name) != 0) {
        complain_errno("stat: cannot write \"%s\"", name);
        unlink(temporary);
    } else {
        status = EXIT_SUCCESS;
    }
    free(temporary);
    return status;
}

static int export(const struct request *request)
{
    if (request->operand == NULL)
        return print_once(print_prometheus, request->all);
    recollection_set_up();
    return replace_file(request->operand, request->all);
}

/* ---- arguments ---- */

static int serve(const struct request *request)
{
    switch (request->what) {
    case 'j':
        return print_once(stat_print_json, request->all);
    case 'p':
        return export(request);
    case 'r':
        return reset();
    case 'w':
        return watch(request);
    default:
        return print_once(request->all ? print_table_of_all : print_table, request->all);
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

int stat_main(int argc, char **argv)
{
    struct request request = {.what = 0};
    int answer;

    opterr = 0;
    while ((answer = getopt_long(argc, argv, ":h", options, NULL)) != -1) {
        if (answer == 'h')
            return help();
        if (answer == 'a') {
            request.all = true;
        } else if (answer == 'C') {
            if (!paint_choose(optarg))
                return EXIT_USAGE;
        } else if (answer == '?' || answer == ':') {
            complain_option(argv, options, answer);
            return EXIT_USAGE;
        } else if (!choose(&request, argc, argv, answer)) {
            return EXIT_USAGE;
        }
    }
    if (optind < argc) {
        complain("stat: found \"%s\", expected no argument", argv[optind]);
        return EXIT_USAGE;
    }
    return serve(&request);
}
