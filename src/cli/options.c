/* SPDX-License-Identifier: MIT */
#include "cli/options.h"
#include "cli/util.h"
#include "cli/verbs.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define OPTIONS_MOST 16

/* What getopt_long() returns for an option without a letter is above all letters. */
#define FIRST_ANSWER 256

/* Of the verb that reads its arguments: a process has one. */
static const struct syntax *syntax;

/* The table as getopt_long() wants it. */
struct getopt_table {
    struct option names[OPTIONS_MOST + 2];
    const char *words[OPTIONS_MOST + 2]; /* the names alone */
    char letters[2 * OPTIONS_MOST + 4];
    size_t count;
};

static bool is_end(const struct verb_option *option)
{
    return option->name == NULL && option->letter == '\0';
}

static int argument_of(const struct verb_option *option)
{
    switch (option->kind) {
    case OPTION_TEXT:
    case OPTION_NUMBER:
    case OPTION_TAKE:
        return required_argument;
    case OPTION_TAKE_MAYBE:
        return optional_argument;
    default:
        return no_argument;
    }
}

static void add_name(struct getopt_table *table, const char *name, int argument, int answer)
{
    table->words[table->count] = name;
    table->names[table->count++] = (struct option){name, argument, NULL, answer};
}

/* A "+" stops at the first word that is no option, a ":" has a missing argument told from an
 * unknown option. */
static void make_table(struct getopt_table *table)
{
    char *letter = stpcpy(table->letters, syntax->operands == OPERANDS_PROGRAM ? "+:h" : ":h");
    for (int i = 0; !is_end(&syntax->options[i]); i++) {
        const struct verb_option *option = &syntax->options[i];
        const int answer = option->letter != '\0' ? option->letter : FIRST_ANSWER + i;
        if (option->name != NULL)
            add_name(table, option->name, argument_of(option), answer);
        if (option->letter != '\0')
            *letter++ = option->letter;
        if (option->letter != '\0' && argument_of(option) == required_argument)
            *letter++ = ':';
    }
    add_name(table, "help", no_argument, 'h');
}

static const struct verb_option *find(const struct verb_option *options, int answer)
{
    if (answer >= FIRST_ANSWER)
        return &options[answer - FIRST_ANSWER];
    for (const struct verb_option *option = options; !is_end(option); option++)
        if (option->letter != '\0' && option->letter == answer)
            return option;
    return NULL;
}

/* ---- complaints ---- */

/* What follows a "=" is no part of the name. */
static void complain_unknown_name(const char *word, const struct getopt_table *table)
{
    char *name = need_memory(strndup(word, strcspn(word, "=")));
    complain_unknown(syntax->verb, "option", "--", name, table->words, table->count);
    free(name);
}

/* getopt_long() has refused argv[optind - 1], or the letter optopt. */
static int complain_option(const struct verb_option *options, char **argv,
                           const struct getopt_table *table, int answer)
{
    const char *word = argv[optind - 1];
    const char letter[] = {'-', (char)optopt, '\0'};
    if (answer == ':')
        complain("%s: option \"%s\" needs an argument", syntax->verb,
                 word[1] == '-' ? word : letter);
    else if (optopt >= FIRST_ANSWER || find(options, optopt) != NULL ||
             (optopt == 'h' && word[1] == '-'))
        complain("%s: option \"%s\" takes no argument", syntax->verb, word);
    else if (optopt != 0)
        complain_unknown(syntax->verb, "option", "-", letter + 1, NULL, 0);
    else
        complain_unknown_name(word + 2, table);
    return EXIT_USAGE;
}

int option_unexpected(const struct verb_option *option, const char *found, const char *expected)
{
    complain("%s: --%s: found \"%s\", expected %s", syntax->verb, option->name, found, expected);
    return EXIT_USAGE;
}

/* ---- one option ---- */

static int take_number(int *target, const struct verb_option *option, const char *argument)
{
    char expected[64];
    long long number;
    snprintf(expected, sizeof expected, "a number from %d to %d", option->value, option->most);
    if (!read_number(&number, argument, option->value, option->most))
        return option_unexpected(option, argument, expected);
    *target = (int)number;
    return EXIT_SUCCESS;
}

static void *target(void *request, const struct verb_option *option)
{
    return (char *)request + option->target;
}

/* A verb whose options are all taken by functions may have no request. */
static int take(void *request, const struct verb_option *option, const char *argument)
{
    switch (option->kind) {
    case OPTION_FLAG:
        *(bool *)target(request, option) = true;
        return EXIT_SUCCESS;
    case OPTION_SET:
        *(int *)target(request, option) = option->value;
        return EXIT_SUCCESS;
    case OPTION_TEXT:
        *(const char **)target(request, option) = argument;
        return EXIT_SUCCESS;
    case OPTION_NUMBER: /* getopt_long() does not give an option without its argument */
        return take_number(target(request, option), option, argument != NULL ? argument : "");
    default:
        return option->take(request, option, argument);
    }
}

/* ---- all of them ---- */

static int help(void)
{
    fputs(syntax->help, stdout);
    if (finish_output())
        return EXIT_SUCCESS;
    return syntax->failure != 0 ? syntax->failure : EXIT_FAILURE;
}

static bool are_expected(char **words, int count)
{
    switch (syntax->operands) {
    case OPERANDS_NONE:
        if (count > 0)
            complain("%s: found \"%s\", expected no argument", syntax->verb, words[0]);
        return count == 0;
    case OPERANDS_MAYBE_ONE:
        if (count > 1)
            complain("%s: one %s at a time: found \"%s\" after \"%s\"", syntax->verb,
                     syntax->operand, words[1], words[0]);
        return count <= 1;
    case OPERANDS_ONE:
        if (count != 1)
            complain("%s: expected one %s, see tfoshim %s --help", syntax->verb, syntax->operand,
                     syntax->verb);
        return count == 1;
    case OPERANDS_PROGRAM:
        if (count == 0)
            complain("%s: no program given, see tfoshim %s --help", syntax->verb, syntax->verb);
        return count > 0;
    default:
        return true;
    }
}

char **options_read(const struct syntax *of, void *request, int argc, char **argv, int *status)
{
    const struct verb_option *const options = of->options, *option;
    struct getopt_table table = {.count = 0};
    int answer;
    syntax = of;
    make_table(&table);
    opterr = 0;
    while ((answer = getopt_long(argc, argv, table.letters, table.names, NULL)) != -1) {
        option = find(options, answer);
        if (answer == 'h')
            *status = help();
        else if (option == NULL)
            *status = complain_option(options, argv, &table, answer);
        else {
            if (option->kind == OPTION_TAKE_MAYBE && optarg == NULL && optind < argc &&
                argv[optind][0] != '-')
                optarg = argv[optind++];
            *status = take(request, option, optarg);
        }
        if (answer == 'h' || *status != EXIT_SUCCESS)
            return NULL;
    }
    *status = EXIT_USAGE;
    return are_expected(argv + optind, argc - optind) ? argv + optind : NULL;
}
