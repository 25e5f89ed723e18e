/* SPDX-License-Identifier: MIT */
/* The arguments of a verb: a table of its options, and how many words may follow them. */
#ifndef TFOSHIM_CLI_OPTIONS_H
#define TFOSHIM_CLI_OPTIONS_H

#include "contract.h"

#include <stdbool.h>
#include <stddef.h>

enum option_kind {
    OPTION_FLAG,         /* has no argument: a bool of the request becomes true */
    OPTION_SET,          /* has no argument: an int of the request becomes `value` */
    OPTION_TEXT,         /* its argument becomes a const char * of the request */
    OPTION_NUMBER,       /* its argument becomes an int of the request, from `value` to `most` */
    OPTION_TAKE,         /* its argument is taken by a function */
    OPTION_TAKE_NOTHING, /* it has none, and is taken by a function, which gets NULL */
    OPTION_TAKE_MAYBE,   /* it may have one, also as the next word; else the function gets NULL */
};

struct verb_option {
    const char *name; /* without its dashes; NULL: it has only a letter */
    char letter;      /* '\0': it has none */
    enum option_kind kind;
    size_t target; /* where in the request */
    int value, most;
    /* EXIT_SUCCESS, or, after a complaint, what the verb is to return. */
    int (*take)(void *request, const struct verb_option *, const char *argument);
};

#define OPTION_NUMBER_OF(option, type, member, least, highest)                                     \
    {                                                                                              \
        .name = option, .kind = OPTION_NUMBER, .target = offsetof(type, member), .value = least,   \
        .most = highest                                                                            \
    }

#define OPTIONS_END                                                                                \
    {                                                                                              \
        .name = NULL                                                                               \
    }

enum operands {
    OPERANDS_NONE,
    OPERANDS_MAYBE_ONE,
    OPERANDS_ONE,
    OPERANDS_PROGRAM, /* and its arguments, which are its own even if they begin with a dash */
    OPERANDS_ANY,
};

struct syntax {
    const char *verb;
    const char *help;
    const struct verb_option *options; /* --help is not among them: every verb has it */
    enum operands operands;
    const char *operand; /* what one is called */
    int failure;         /* the exit status where the help cannot be printed, 0: EXIT_FAILURE */
};

/* Fills in the request and returns the words that follow the options, with a NULL at their end.
 * NULL: there is nothing left to do but to return *status. */
char **options_read(const struct syntax *, void *request, int argc, char **argv,
                    int *status) MUST_USE;

/* "VERB: --NAME: found "...", expected ...": returns EXIT_USAGE. */
int option_unexpected(const struct verb_option *, const char *found,
                      const char *expected) NONNULL MUST_USE;

#endif
