/* SPDX-License-Identifier: MIT */
/* What was learned of one program, in an entry. */
#ifndef TFOSHIM_MEMORY_LESSONS_H
#define TFOSHIM_MEMORY_LESSONS_H

#include "contract.h"
#include "memory/table.h"

/* Which program this process is. */
void lessons_use(uint32_t program);

/* 1 << enum memory_lesson: those that hold for this program. */
unsigned lessons_recall(struct entry *, const struct key *, uint32_t now) NONNULL;

void lesson_learn(struct entry *, const struct key *, enum memory_lesson, uint32_t now) NONNULL;
void lesson_unlearn(struct entry *, const struct key *, enum memory_lesson, uint32_t now) NONNULL;

/* When it ends for the program for which it holds longest; 0: it holds for none. */
uint32_t lesson_until(struct entry *, enum memory_lesson, uint32_t now) NONNULL;

#endif
