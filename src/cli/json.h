/* SPDX-License-Identifier: MIT */
/* JSON (RFC 8259) on stdout, for every verb that has --json. What is said is put into a tree, which
 * is printed as a whole: nothing can be left open, and nothing is said by halves. */
#ifndef TFOSHIM_CLI_JSON_H
#define TFOSHIM_CLI_JSON_H

#include "cli/options.h"
#include "contract.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct json;

/* The outermost object. */
struct json *json_new(void) MUST_USE;

/*
 * Each of these puts a value into `in`, as its last: into an object under a name, into an array
 * without one (NULL). Other objects and arrays may go into those that they return.
 */
struct json *json_object(struct json *in, const char *name) __attribute__((nonnull(1)));
struct json *json_array(struct json *in, const char *name) __attribute__((nonnull(1)));
void json_boolean(struct json *in, const char *name, bool) __attribute__((nonnull(1)));
void json_integer(struct json *in, const char *name, uint64_t) __attribute__((nonnull(1)));
/* What is below zero is not known, and becomes null. */
void json_count(struct json *in, const char *name, long long) __attribute__((nonnull(1)));
/* What is no number, such as NAN, becomes null. */
void json_number(struct json *in, const char *name, double) __attribute__((nonnull(1)));
/* Of a text in UTF-8. A byte that is none becomes U+FFFD; NULL becomes null. */
void json_string(struct json *in, const char *name, const char *) __attribute__((nonnull(1)));
void json_null(struct json *in, const char *name) __attribute__((nonnull(1)));

/* Prints all of it, and frees it. */
void json_print(struct json *) NONNULL;

/* For tables of options, the member being a bool of the request, and for help texts. */
#define JSON_OPTION(type, member)                                                                  \
    {                                                                                              \
        .name = "json", .kind = OPTION_FLAG, .target = offsetof(type, member)                      \
    }
#define JSON_HELP "      --json        print JSON, see tfoshim-json(5)\n"

#endif
