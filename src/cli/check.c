/* SPDX-License-Identifier: MIT */
#include "cli/check_keys.h"
#include "cli/check_rules.h"
#include "cli/options.h"
#include "cli/paint.h"
#include "cli/show.h"
#include "cli/util.h"
#include "cli/verbs.h"
#include "policy/search.h"

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct verb_option options[] = {PAINT_OPTION, OPTIONS_END};

/* To be freed. */
static char *help(void)
{
    return need_text(
        "usage: tfoshim check [--color WHEN] [FILE|-]\n"
        "\n"
        "Checks a configuration file and prints the resulting policy with all defaults. Errors\n"
        "go to stderr, and the exit status is 1. Warnings go to stderr too: of rules that never\n"
        "match, of keys that would not work, and of a file that enables nothing. \"-\" is\n"
        "standard input.\n"
        "\n"
        "Without FILE, checks the file that programs would use, which is the first of\n"
        "  $TFOSHIM_CONFIG (if it is set but empty: no file)\n"
        "  $XDG_CONFIG_HOME/tfoshim.conf or ~/.config/tfoshim.conf\n"
        "  %s\n"
        "or the built-in policy if there is none of these.\n"
        "\n"
        "options:\n" PAINT_HELP "      --help        this text\n",
        policy_system_file);
}

static int show_builtin(void)
{
    const struct rule_file file = {
        .client = {.side = SIDE_CLIENT,
                   .fastopen = policy_builtin->client.fallback.fastopen,
                   .set = settings_initial},
        .server = {.side = SIDE_SERVER,
                   .fastopen = policy_builtin->server.fallback.fastopen,
                   .set = settings_initial},
        .log_level = policy_log_level(policy_builtin),
        .log_to = policy_log_to(policy_builtin),
    };
    puts("no configuration file: this is the built-in policy");
    show_policy(&file);
    return finish_output() ? EXIT_SUCCESS : EXIT_FAILURE;
}

static bool is_file(const struct rule_source *source)
{
    return source->stamp.mode != 0 && !S_ISDIR(source->stamp.mode) && !source->is_of_users;
}

/* In the order of their rules, where there are several. */
static void show_files(const struct rule_file *file)
{
    const char *separator = "files: ";
    size_t count = 0;
    for (size_t i = 0; i < file->source_count; i++)
        count += is_file(&file->sources[i]);
    for (size_t i = 0; i < file->source_count && count > 1; i++)
        if (is_file(&file->sources[i])) {
            printf("%s%s", separator, file->sources[i].path);
            separator = ", ";
        }
    if (count > 1)
        putchar('\n');
}

static void warn_if_off(const struct rule_file *file)
{
    if (!rules_enable(&file->client) && !rules_enable(&file->server))
        complain("warning: %s enables nothing: give the client or the server group rules, or "
                 "default = \"on\"",
                 file->path);
}

static int check(struct rule_file *file)
{
    if (file == NULL)
        return EXIT_FAILURE;
    printf("policy of %s\n", file->path);
    show_files(file);
    printf("version %08" PRIx32 "\n", file->written);
    show_policy(file);
    warn_if_off(file);
    check_rules(file);
    check_keys(file);
    rules_free(file);
    return finish_output() ? EXIT_SUCCESS : EXIT_FAILURE;
}

static int check_file(const char *path)
{
    return check(strcmp(path, "-") == 0
                     ? rules_read_open(STDIN_FILENO, "<stdin>", complain_report, NULL)
                     : rules_read(path, NULL, complain_report, NULL));
}

static int check_policy(const char *file)
{
    char path[PATH_MAX];
    if (file != NULL)
        return check_file(file);
    if (!policy_search(path, sizeof path, true))
        return show_builtin();
    return check(rules_read(path, NULL, complain_report, NULL));
}

int check_main(int argc, char **argv)
{
    char *text = help();
    const struct syntax syntax = {"check", text, options, OPERANDS_MAYBE_ONE, "file", 0};
    int status;
    char **words = options_read(&syntax, NULL, argc, argv, &status);
    if (words != NULL)
        status = check_policy(words[0]);
    free(text);
    return status;
}
