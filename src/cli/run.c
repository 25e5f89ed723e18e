/* SPDX-License-Identifier: MIT */
#include "cli/config_use.h"
#include "cli/options.h"
#include "cli/preload.h"
#include "cli/run_child.h"
#include "cli/run_summary.h"
#include "cli/target.h"
#include "cli/util.h"
#include "cli/verbs.h"
#include "memory/run_figures.h"
#include "policy/rules.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

struct request {
    const char *config;
    const char *log;
    bool reports;
    bool is_dry;
};

static int take_log(void *of, const struct verb_option *option, const char *level)
{
    struct request *request = of;
    request->log = level;
    for (int i = 0; i < LOG_LEVEL_COUNT; i++)
        if (strcmp(level, log_level_names[i]) == 0)
            return EXIT_SUCCESS;
    return option_unexpected(option, level, "\"none\", \"error\", \"warn\", \"info\" or \"debug\"");
}

static const struct verb_option options[] = {
    {"config", 'c', OPTION_TEXT, .target = offsetof(struct request, config)},
    {"dry-run", .kind = OPTION_FLAG, .target = offsetof(struct request, is_dry)},
    {"log", .kind = OPTION_TAKE, .take = take_log},
    {"stats", .kind = OPTION_FLAG, .target = offsetof(struct request, reports)},
    OPTIONS_END,
};

static const char help[] =
    "usage: tfoshim run [-c FILE] [--log LEVEL] [--stats | --dry-run] [--] PROGRAM "
    "[ARGUMENT...]\n"
    "\n"
    "Runs a program, and the programs that it starts, with TCP Fast Open.\n"
    "\n"
    "options:\n"
    "  -c, --config FILE  use this configuration instead of searching for one\n"
    "      --dry-run      change nothing; at the end, print what would have been deferred\n"
    "                     and saved\n"
    "      --help         this text\n"
    "      --log LEVEL    log level of the library: none, error, warn, info or debug\n"
    "      --stats        at the end, print on standard error what was deferred and saved\n"
    "\n"
    "The exit status is the program's, or 125 if tfoshim fails, 126 if the program cannot\n"
    "be executed, 127 if it is not found, 2 if the arguments are wrong.\n";

static int start(char **argv)
{
    char path[PATH_MAX];
    const char *obstacle = NULL;
    if (target_find(path, sizeof path, argv[0]))
        obstacle = target_obstacle(path);
    if (obstacle != NULL)
        complain("run: %s runs without TCP Fast Open: %s, so LD_PRELOAD has no effect", argv[0],
                 obstacle);
    execvp(argv[0], argv);
    complain_errno("run: cannot execute \"%s\"", argv[0]);
    return errno == ENOENT ? EXIT_NOT_FOUND : EXIT_CANNOT_EXECUTE;
}

/* AddressSanitizer ends a program that has any library before its own. */
static bool is_left_alone(const char *program)
{
    char path[PATH_MAX], asan[PRELOAD_NAME_MOST];
    if (!target_find(path, sizeof path, program) ||
        !target_lacks_asan(asan, path, getenv("LD_PRELOAD")))
        return false;
    complain("run: %s runs without TCP Fast Open: it is linked with %s, which must come first: "
             "LD_PRELOAD=%s tfoshim run ...",
             program, asan, asan);
    return true;
}

/* Not among the figures of other processes, as the destination memory has them. */
static bool set_figures(void)
{
    char name[64];
    if (run_figures_make(name, sizeof name) && setenv("TFOSHIM_FIGURES", name, 1) == 0)
        return true;
    complain_errno("run: cannot keep statistics");
    return false;
}

/* Somebody has to be there when the program has ended. */
static int start_and_report(char **argv, bool is_dry)
{
    const int status = run_child(start, argv);
    const bool has_started =
        run_figures_get(RUN_PROGRAMS) > 0 || !WIFEXITED(status) ||
        (WEXITSTATUS(status) != EXIT_CANNOT_EXECUTE && WEXITSTATUS(status) != EXIT_NOT_FOUND);
    if (status == -1)
        return EXIT_RUN_FAILED;
    if (has_started)
        run_summary(is_dry);
    return run_child_end(status);
}

static int run(const struct request *request, char **argv)
{
    const bool reports = request->reports || request->is_dry;
    if (request->log != NULL && setenv("TFOSHIM_LOG", request->log, 1) != 0)
        return EXIT_RUN_FAILED;
    if (request->config != NULL && !config_use(request->config, "run"))
        return EXIT_RUN_FAILED;
    if (request->is_dry)
        setenv("TFOSHIM_DRY_RUN", "1", 1);
    if ((!is_left_alone(argv[0]) && !preload_set("run")) || (reports && !set_figures()))
        return EXIT_RUN_FAILED;
    return reports ? start_and_report(argv, request->is_dry) : start(argv);
}

int run_main(int argc, char **argv)
{
    static const struct syntax syntax = {"run", help,           options, OPERANDS_PROGRAM,
                                         NULL,  EXIT_RUN_FAILED};
    struct request request = {.config = NULL};
    int status;
    char **words = options_read(&syntax, &request, argc, argv, &status);
    return words != NULL ? run(&request, words) : status;
}
