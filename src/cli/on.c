/* SPDX-License-Identifier: MIT */
/* What a shell is to evaluate so that it runs programs as `tfoshim run` does, or no more. */
#include "cli/options.h"
#include "cli/preload.h"
#include "cli/util.h"
#include "cli/verbs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The configuration that `on` has set: `off` leaves alone what somebody else has. */
#define OURS "TFOSHIM_ON_CONFIG"

struct dialect {
    const char *set, *unset;     /* what goes before a name */
    const char *is;              /* and between a name and its value */
    const char *escaped;         /* what a backslash goes before, between single quotes */
    const char *before, *behind; /* how a verb is used: what goes around it */
};

static const struct dialect sh = {"export ", "unset ", "=", "", "eval \"$(tfoshim ", ")\""};
static const struct dialect fish = {"set -gx ", "set -e ",  " ",
                                    "\\'",      "tfoshim ", " --shell fish | source"};

struct request {
    const char *config;
    const struct dialect *dialect;
};

static int take_shell(void *of, const struct verb_option *option, const char *name)
{
    static const char *const like_sh[] = {"sh", "bash", "zsh"};
    struct request *request = of;
    for (size_t i = 0; i < sizeof like_sh / sizeof like_sh[0]; i++)
        if (strcmp(name, like_sh[i]) == 0)
            return EXIT_SUCCESS;
    if (strcmp(name, "fish") != 0)
        return option_unexpected(option, name, "\"sh\", \"bash\", \"zsh\" or \"fish\"");
    request->dialect = &fish;
    return EXIT_SUCCESS;
}

#define SHELL_OPTION                                                                               \
    {                                                                                              \
        "shell", .kind = OPTION_TAKE, .take = take_shell                                           \
    }

static const struct verb_option on_options[] = {
    {"config", 'c', OPTION_TEXT, .target = offsetof(struct request, config)},
    SHELL_OPTION,
    OPTIONS_END,
};

static const struct verb_option off_options[] = {SHELL_OPTION, OPTIONS_END};

static const char on_help[] =
    "usage: tfoshim on [-c FILE] [--shell SHELL]\n"
    "\n"
    "Prints what makes a shell run its programs from now on as \"tfoshim run\" does:\n"
    "  eval \"$(tfoshim on)\"\n"
    "  tfoshim on --shell fish | source\n"
    "\n"
    "options:\n"
    "  -c, --config FILE  the configuration, instead of what \"tfoshim check\" finds\n"
    "      --help         this text\n"
    "      --shell SHELL  sh (the default), bash, zsh or fish\n";

static const char off_help[] = "usage: tfoshim off [--shell SHELL]\n"
                               "\n"
                               "Prints what undoes \"tfoshim on\" in a shell:\n"
                               "  eval \"$(tfoshim off)\"\n"
                               "  tfoshim off --shell fish | source\n"
                               "\n"
                               "options:\n"
                               "      --help         this text\n"
                               "      --shell SHELL  sh (the default), bash, zsh or fish\n";

/* ---- what a shell reads ---- */

/* Between single quotes nothing has a meaning to sh but the quote: it ends them, stands for itself
 * behind a backslash, and begins new ones. */
static void print_quoted(const struct dialect *dialect, const char *value)
{
    putchar('\'');
    for (; *value != '\0'; value++) {
        if (strchr(dialect->escaped, *value) != NULL)
            putchar('\\');
        else if (*value == '\'')
            fputs("'\\'", stdout);
        putchar(*value);
    }
    putchar('\'');
}

/* The semicolon is for who forgets the quotes of eval. */
static void print_set(const struct dialect *dialect, const char *name, const char *value)
{
    printf("%s%s%s", dialect->set, name, dialect->is);
    print_quoted(dialect, value);
    puts(";");
}

static void print_unset(const struct dialect *dialect, const char *name)
{
    printf("%s%s;\n", dialect->unset, name);
}

static int finish(const struct dialect *dialect, const char *verb)
{
    if (isatty(STDOUT_FILENO))
        complain("%s: nothing has changed yet, the shell has to read this: %s%s%s", verb,
                 dialect->before, verb, dialect->behind);
    return finish_output() ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* ---- the verbs ---- */

/* What `run` sets in our own environment, to hand it on. */
static int on(const struct request *request)
{
    const struct dialect *dialect = request->dialect;
    if (!preload_set("on") || (request->config != NULL && !preload_config(request->config, "on")))
        return EXIT_FAILURE;
    print_set(dialect, "LD_PRELOAD", getenv("LD_PRELOAD"));
    if (request->config != NULL) {
        print_set(dialect, "TFOSHIM_CONFIG", getenv("TFOSHIM_CONFIG"));
        print_set(dialect, OURS, getenv("TFOSHIM_CONFIG"));
    }
    return finish(dialect, "on");
}

static void off_library(const struct dialect *dialect)
{
    const char *list = getenv("LD_PRELOAD");
    char *rest;
    if (list == NULL || !preload_has(list, PRELOAD_LIBRARY))
        return;
    rest = preload_without(list, PRELOAD_LIBRARY);
    if (rest[0] != '\0')
        print_set(dialect, "LD_PRELOAD", rest);
    else
        print_unset(dialect, "LD_PRELOAD");
    free(rest);
}

static int off(const struct request *request)
{
    const char *ours = getenv("TFOSHIM_ON_CONFIG"), *config = getenv("TFOSHIM_CONFIG");
    off_library(request->dialect);
    if (ours != NULL && config != NULL && strcmp(config, ours) == 0)
        print_unset(request->dialect, "TFOSHIM_CONFIG");
    if (ours != NULL)
        print_unset(request->dialect, OURS);
    return finish(request->dialect, "off");
}

static int serve(const struct syntax *syntax, int argc, char **argv,
                 int (*act)(const struct request *))
{
    struct request request = {.dialect = &sh};
    int status;
    return options_read(syntax, &request, argc, argv, &status) != NULL ? act(&request) : status;
}

int on_main(int argc, char **argv)
{
    static const struct syntax syntax = {"on", on_help, on_options, OPERANDS_NONE, NULL, 0};
    return serve(&syntax, argc, argv, on);
}

int off_main(int argc, char **argv)
{
    static const struct syntax syntax = {"off", off_help, off_options, OPERANDS_NONE, NULL, 0};
    return serve(&syntax, argc, argv, off);
}
