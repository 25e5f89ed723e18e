/* SPDX-License-Identifier: MIT */
/* What facts mean, and how events change them. Pure functions of a fact and the time. */
#ifndef TFOSHIM_MEMORY_FACTS_H
#define TFOSHIM_MEMORY_FACTS_H

#include "contract.h"
#include "memory/table.h"

/* Seconds since then; MEMORY_NEVER where that is no time, or one to come. */
uint32_t age_of(uint32_t time, uint32_t now);

bool backoff_holds(struct fact, uint32_t now);
bool backoff_accepted(struct fact *, uint32_t now) NONNULL MUST_USE;
bool backoff_ignored(struct fact *, uint32_t now) NONNULL MUST_USE;
bool backoff_retransmitted(struct fact *, uint32_t now) NONNULL MUST_USE;
/* The one try after a back-off begins; or it ends without having told anything. */
bool backoff_try(struct fact *, uint32_t now) NONNULL MUST_USE;
bool backoff_untold(struct fact *, uint32_t now) NONNULL MUST_USE;

bool lesson_holds(struct fact, uint32_t now);
bool lesson_case(struct fact *, uint32_t now) NONNULL MUST_USE;
bool lesson_counter_case(struct fact *, uint32_t now) NONNULL MUST_USE;

#endif
