/* SPDX-License-Identifier: MIT */
#include "cli/util.h"
#include "cli/verbs.h"
#include "kernel/tcp.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *help;
} verbs[] = {
#define VERB(name, help) {#name, name##_main, help},
#include "cli/verbs.def"
#undef VERB
};

#define VERB_COUNT (sizeof verbs / sizeof verbs[0])

static int help(void)
{
    fputs("usage: tfoshim COMMAND [ARGUMENT...]\n"
          "\n"
          "Gives unmodified programs TCP Fast Open (RFC 7413).\n"
          "\n"
          "commands:\n",
          stdout);
    for (size_t i = 0; i < VERB_COUNT; i++)
        printf("  %-8s %s\n", verbs[i].name, verbs[i].help);
    fputs("\n"
          "options:\n"
          "  --help     this text; \"tfoshim COMMAND --help\" describes a command\n"
          "  --version  the version\n",
          stdout);
    return finish_output() ? EXIT_SUCCESS : EXIT_FAILURE;
}

static int version(void)
{
    puts("tfoshim " TFOSHIM_VERSION);
    return finish_output() ? EXIT_SUCCESS : EXIT_FAILURE;
}

static int unknown(const char *word)
{
    static const char *const options[] = {"help", "version"};
    const char *names[VERB_COUNT];
    for (size_t i = 0; i < VERB_COUNT; i++)
        names[i] = verbs[i].name;
    if (word[0] != '-')
        complain_unknown(NULL, "command", "", word, names, VERB_COUNT);
    else if (word[1] != '-')
        complain_unknown(NULL, "option", "", word, NULL, 0);
    else
        complain_unknown(NULL, "option", "--", word + 2, options, 2);
    return EXIT_USAGE;
}

/* One of the ways to ask for what an option gives as well. */
static bool asks(const char *word, const char *letter, const char *option)
{
    return strcmp(word, letter) == 0 || strcmp(word, option) == 0 || strcmp(word, option + 2) == 0;
}

int main(int argc, char **argv)
{
    static char help_option[] = "--help";
    kernel_syscall = syscall;
    if (argc < 2) {
        complain("no command given, see tfoshim --help");
        return EXIT_USAGE;
    }
    if (argc > 2 && strcmp(argv[1], "help") == 0) {
        argv[1] = argv[2];
        argv[2] = help_option;
    }
    if (asks(argv[1], "-h", "--help"))
        return help();
    if (asks(argv[1], "-V", "--version"))
        return version();
    for (size_t i = 0; i < VERB_COUNT; i++)
        if (strcmp(argv[1], verbs[i].name) == 0)
            return verbs[i].run(argc - 1, argv + 1);
    return unknown(argv[1]);
}
