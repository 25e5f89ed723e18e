/* SPDX-License-Identifier: MIT */
#include "cli/preload.h"
#include "cli/target.h"
#include "cli/util.h"
#include "cli/verbs.h"
#include "policy/rules.h"

#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static const struct option options[] = {
    {"config", required_argument, NULL, 'c'},
    {"help", no_argument, NULL, 'h'},
    {"log", required_argument, NULL, 'l'},
    {NULL, 0, NULL, 0},
};

static int help(void)
{
    fputs("usage: tfoshim run [-c FILE] [--log LEVEL] [--] PROGRAM [ARGUMENT...]\n"
          "\n"
          "Runs a program, and what it starts in its turn, with TCP Fast Open.\n"
          "\n"
          "options:\n"
          "  -c, --config FILE  the configuration, instead of what \"tfoshim check\" finds\n"
          "      --log LEVEL    what the library tells: none, error, warn, info or debug\n"
          "      --help         this text\n"
          "\n"
          "The exit status is the program's, or 125 if tfoshim fails, 126 if the program cannot\n"
          "be executed, 127 if it is not found.\n",
          stdout);
    return finish_output() ? EXIT_SUCCESS : EXIT_RUN_FAILED;
}

/* The program and its children may well work in another directory. */
static bool set_config(const char *file)
{
    char path[PATH_MAX];

    if (realpath(file, path) != NULL && setenv("TFOSHIM_CONFIG", path, 1) == 0)
        return true;
    complain_errno("run: cannot use \"%s\" as configuration", file);
    return false;
}

/* A preloaded library would say what is wrong and stay inert; whoever names a file wants to know
 * before the program starts. */
static bool use_config(const char *file, const char *program)
{
    const char *slash = strrchr(program, '/');
    const struct policy *policy =
        policy_compile(file, slash == NULL ? program : slash + 1, NULL, complain_report, NULL);

    if (policy == NULL)
        return false;
    munmap((void *)policy, policy_size(policy));
    return set_config(file);
}

static bool set_log(const char *level)
{
    for (int i = 0; i < LOG_LEVEL_COUNT; i++)
        if (strcmp(level, log_level_names[i]) == 0)
            return setenv("TFOSHIM_LOG", level, 1) == 0;
    complain("run: --log: found \"%s\", expected \"none\", \"error\", \"warn\", \"info\" or "
             "\"debug\"",
             level);
    return false;
}

static int start(char **argv)
{
    char path[PATH_MAX];
    const char *obstacle = NULL;

    if (target_find(path, sizeof(path), argv[0]))
        obstacle = target_obstacle(path);
    if (obstacle != NULL)
        complain("run: %s runs without TCP Fast Open: %s, so LD_PRELOAD has no effect", argv[0],
                 obstacle);
    execvp(argv[0], argv);
    complain_errno("run: cannot execute \"%s\"", argv[0]);
    return errno == ENOENT ? EXIT_NOT_FOUND : EXIT_CANNOT_EXECUTE;
}

int run_main(int argc, char **argv)
{
    const char *config = NULL, *log = NULL;
    int answer;

    opterr = 0;
    /* "+": what follows the program's name is the program's. */
    while ((answer = getopt_long(argc, argv, "+:c:h", options, NULL)) != -1) {
        if (answer == 'h')
            return help();
        if (answer == 'c') {
            config = optarg;
        } else if (answer == 'l') {
            log = optarg;
        } else {
            complain_option(argv, options, answer);
            return EXIT_RUN_FAILED;
        }
    }
    if (optind == argc) {
        complain("run: no program given, see tfoshim run --help");
        return EXIT_RUN_FAILED;
    }
    if (config != NULL && !use_config(config, argv[optind]))
        return EXIT_RUN_FAILED;
    if (log != NULL && !set_log(log))
        return EXIT_RUN_FAILED;
    if (!preload_set())
        return EXIT_RUN_FAILED;
    return start(argv + optind);
}
