/* SPDX-License-Identifier: MIT */
#ifndef TFOSHIM_CLI_UTIL_H
#define TFOSHIM_CLI_UTIL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* One line to stderr: "tfoshim: message". */
void complain(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The same with ": " and what errno says. */
void complain_errno(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* True for 0, no error; else an errno, and false after "what: what that says". */
bool no_error(int error, const char *what);

/* A policy_report that complains. */
void complain_report(void *context, const char *message);

/* 'VERB: unknown command "chek", did you mean "check"?'; `dashes` go before both words. For the
 * command itself the verb is NULL. */
void complain_unknown(const char *verb, const char *kind, const char *dashes, const char *word,
                      const char *const known[], size_t count);

/* "12 s", "7 min", "3 h", "2 d". To be freed. */
char *duration_text(uint64_t milliseconds);

/* A number in decimal digits and nothing else; false: it is none, or beyond these bounds. */
bool read_number(long long *number, const char *text, long long least, long long most);

/* The user that --user of a command names, by name or number; false after a complaint. */
bool find_user(const char *command, const char *name, uid_t *user);

/* Flushes stdout; false, after a complaint, if anything written to it was lost (a full disk). */
bool finish_output(void);

/* Whatever memory the command asks for it must have. */
void *need_memory(void *memory);

/* As printf(3) makes it. To be freed. */
char *need_text(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The list with room for so many elements of that size. */
void *need_room(void *list, size_t count, size_t size);

#endif
