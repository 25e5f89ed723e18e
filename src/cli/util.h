/* SPDX-License-Identifier: MIT */
#ifndef TFOSHIM_CLI_UTIL_H
#define TFOSHIM_CLI_UTIL_H

#include "contract.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* One line to stderr: "tfoshim: message". */
void complain(const char *format, ...) __attribute__((format(printf, 1, 2))) NONNULL;

/* The same with ": " and what errno says. */
void complain_errno(const char *format, ...) __attribute__((format(printf, 1, 2))) NONNULL;

/* True for 0, no error; else an errno, and false after "what: what that says". */
bool no_error(int error, const char *what) NONNULL MUST_USE;

/* A policy_report that complains. */
void complain_report(void *context, const char *message);

/* 'VERB: unknown command "chek", did you mean "check"?'; `dashes` go before both words. For the
 * command itself the verb is NULL. */
void complain_unknown(const char *verb, const char *kind, const char *dashes, const char *word,
                      const char *const known[], size_t count);

/* "12 s", "7 min", "3 h", "2 d". To be freed. */
char *duration_text(uint64_t milliseconds) MUST_USE;

/* A number in decimal digits and nothing else; false: it is none, or beyond these bounds. */
bool read_number(long long *number, const char *text, long long least,
                 long long most) NONNULL MUST_USE;

/* The user that --user of a command names, by name or number; false after a complaint. */
bool find_user(const char *command, const char *name, uid_t *user) NONNULL MUST_USE;

/* Flushes stdout; false, after a complaint, if anything written to it was lost (a full disk). */
bool finish_output(void) MUST_USE;

/* Whatever memory the command asks for it must have. */
void *need_memory(void *memory) MUST_USE;

/* As printf(3) makes it. To be freed. */
char *need_text(const char *format, ...) __attribute__((format(printf, 1, 2))) NONNULL MUST_USE;

/* The list with room for so many elements of that size. */
void *need_room(void *list, size_t count, size_t size) MUST_USE;

#endif
