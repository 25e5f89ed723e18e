/* SPDX-License-Identifier: MIT */
/*
 * Compiling while the program runs: by another program, tfoshim-compile, which puts what it makes
 * into the cache, or nothing. The program notices none of it: no child that its waits find, no
 * SIGCHLD, no descriptor, no memory of its own that is written to, no errno; and nobody waits.
 */
#ifndef TFOSHIM_SHIM_POLICY_COMPILER_H
#define TFOSHIM_SHIM_POLICY_COMPILER_H

#include "contract.h"
#include "shim/policy_cache.h"

enum compiler_answer {
    COMPILER_KEPT,      /* the cache has it, or why there is none */
    COMPILER_UNSETTLED, /* a file has changed a moment ago */
    COMPILER_FAILED,    /* there was no memory for it, or nowhere to keep it */
    COMPILER_MISSING,   /* it cannot be started here */
    COMPILER_AT_WORK,
};

/* `compiler`: the program's file. With all signals blocked. False: no process for it is to be had.
 */
bool policy_compiler_start(const char *compiler, const struct policy_wanted *,
                           int claim) NONNULL MUST_USE;

/* The same, but what it makes it writes to that descriptor: at start-up, and waited for. */
bool policy_compiler_write(const char *compiler, const struct policy_wanted *, int output);
enum compiler_answer policy_compiler_wait(void);

/* After it was started, as long as it is at work; then its answer, once. */
enum compiler_answer policy_compiler_ask(void);

/* Was it started, and has it not been asked for its answer? */
bool policy_compiler_is_started(void);

/* In a child of fork(), whose it is not. */
void policy_compiler_forked(void);

#endif
