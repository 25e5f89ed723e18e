/* SPDX-License-Identifier: MIT */
/*
 * Messages of the preloaded library: one write() a line, no stdio, no allocation, no descriptor
 * kept. Silent unless something is wrong or TFOSHIM_LOG asks; and on standard error only as long as
 * that is what the program was started with, and no connection. The journal is told the level.
 */
#ifndef TFOSHIM_SHIM_LOG_H
#define TFOSHIM_SHIM_LOG_H

#include "contract.h"
#include "policy/policy.h"

#include <stdatomic.h>

extern _Atomic(int) log_threshold;

/* Where it goes the policy in force says; before there is one, to standard error. `forced`: the
 * level is not the policy's, and stays when that changes. */
void log_set_up(enum log_level, bool forced);
void log_change(enum log_level);

/* Reads a level by name ("debug"); false for an unknown one. */
bool log_level_from_name(const char *name, enum log_level *) NONNULL MUST_USE;

/* Writes "tfoshim: " and the texts, one after the other. errno is kept. */
#define log_texts(level, ...) log_list((level), (const char *const[]){__VA_ARGS__, NULL})
void log_list(enum log_level, const char *const texts[]) NONNULL;

/* The story of a connection: "tfoshim: PID: fd N: ADDRESS: EVENT[: error]". */
void log_connection(int fd, const struct sockaddr *, const char *event, int error) NONNULL;

/* The same, "EVENT by CALL(): REASON"; each may be NULL. */
void log_cause(int fd, const struct sockaddr *, const char *event, const char *call,
               const char *reason, int error);

/* The same, with the round-trip time where it is known (not 0). */
void log_round_trip(int fd, const struct sockaddr *, const char *event, uint32_t rtt_us) NONNULL;

#define log_is_on(level)                                                                           \
    (__builtin_expect((int)(level) <= atomic_load_explicit(&log_threshold, memory_order_relaxed),  \
                      0))

#endif
