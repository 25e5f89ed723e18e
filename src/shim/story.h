/* SPDX-License-Identifier: MIT */
/* What the destination memory, the figures and the log hear of a record's transitions. */
#ifndef TFOSHIM_SHIM_STORY_H
#define TFOSHIM_SHIM_STORY_H

#include "contract.h"
#include "decision/decision.h"
#include "memory/memory.h"
#include "shim/record.h"

/* Why the SYN of a connection leaves as it does: what a hook, and then the file of its kind, has
 * said last in this thread. Only the log asks. */
struct story_cause {
    const char *call, *reason; /* NULL: none */
};

extern __thread struct story_cause story_cause __attribute__((tls_model("initial-exec")));

/* The program has made this call; no reason is known yet. NULL: it has made none. */
static inline void story_in_call(const char *name)
{
    story_cause = (struct story_cause){.call = name};
}

static inline void story_because(const char *reason)
{
    story_cause.reason = reason;
}

struct memory_destination story_destination(const struct record *) NONNULL;

/* A line of the connection's story, where the log wants it; `error` 0: none. */
void story_tell(const struct record *, const char *event, int error) NONNULL;

/* connect() was answered, or is made truly. */
void story_deferred(const struct record *) NONNULL;
void story_decided(const struct record *, const struct decision *) NONNULL;

/* Its SYN has left, without data or with `error`; or with the first write. */
void story_started(const struct record *, int error) NONNULL;
void story_opened(const struct record *, int error) NONNULL;

/* A handshake has been completed. One getsockopt tells what became of the data in the SYN. */
void story_completed(const struct record *) NONNULL;

/* It has failed: the next connect is a true one. */
void story_failed(const struct record *, int error) NONNULL;

/* An accepted connection's client is to be proved before its bytes are read; it is, or is not. */
void story_guarded(const struct record *) NONNULL;
void story_proved(const struct record *, bool proved) NONNULL;

/* A case of what makes deferring useless to this program, or of the contrary. */
void story_lesson(const struct record *, enum memory_lesson) NONNULL;
void story_counter_lesson(const struct record *, enum memory_lesson) NONNULL;

/* A dry run's connection: it would have been deferred; its first call was a write that would have
 * gone into the SYN, or was not. */
void story_rehearsed_connect(const struct record *) NONNULL;
void story_rehearsed(const struct record *, bool has_data) NONNULL;

#endif
