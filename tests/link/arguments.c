/* SPDX-License-Identifier: MIT */
#include "arguments.h"

#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct word {
    const char *name;
    size_t offset;
} words[] = {
    {"left", offsetof(struct arguments, namespace[LEFT])},
    {"right", offsetof(struct arguments, namespace[RIGHT])},
    {"pcap", offsetof(struct arguments, pcap[LEFT])},
    {"pcap-right", offsetof(struct arguments, pcap[RIGHT])},
    {"device", offsetof(struct arguments, device)},
    {"control", offsetof(struct arguments, control)},
    {"status", offsetof(struct arguments, status)},
};

static const char **find_word(struct arguments *arguments, const char *name)
{
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (strcmp(words[i].name, name) == 0)
            return (const char **)((char *)arguments + words[i].offset);
    return NULL;
}

static void read_option(struct arguments *arguments, const char *name, const char *value)
{
    const char **word = find_word(arguments, name);
    const char *wrong = NULL;
    if (word)
        *word = value;
    else
        wrong = setting_apply(&arguments->settings, name, value);
    if (wrong && value)
        errx(1, "cannot use --%s %s: %s", name, value, wrong);
    if (wrong)
        errx(1, "cannot use --%s: %s", name, wrong);
}

static const char *known_option(struct arguments *arguments, const char *argument)
{
    const char *name = argument + 2;
    if (strcmp(argument, "--help") == 0) {
        usage();
        exit(0);
    }
    if (strncmp(argument, "--", 2) != 0)
        errx(1, "cannot use %s: expected an option, see --help", argument);
    if (!find_word(arguments, name) && !setting_exists(name))
        errx(1, "cannot use %s: no such option, see --help", argument);
    return name;
}

void arguments_read(struct arguments *arguments, int argc, char **argv)
{
    memset(arguments, 0, sizeof *arguments);
    arguments->device = "link0";
    arguments->settings.seed = 1;
    for (int i = 1; i < argc; i++) {
        const char *name = known_option(arguments, argv[i]);
        const char *value = NULL;
        if (!setting_is_switch(name) && i + 1 == argc)
            errx(1, "cannot use %s: a value is missing", argv[i]);
        if (!setting_is_switch(name))
            value = argv[++i];
        read_option(arguments, name, value);
    }
    if (!arguments->namespace[LEFT] || !arguments->namespace[RIGHT])
        errx(1, "cannot join anything: --left and --right are needed, see --help");
}
