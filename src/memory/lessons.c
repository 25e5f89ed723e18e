/* SPDX-License-Identifier: MIT */
/*
 * Lessons: each is kept of a few programs, a word for one. A word is marked with the entry's mark
 * and the program together, so that another program's, or a former entry's, says nothing.
 */
#include "memory/lessons.h"
#include "hash/hash.h"
#include "memory/facts.h"

#include <string.h>

static uint32_t this_program;

void lessons_use(uint32_t program)
{
    this_program = program;
}

uint32_t memory_program(const char *name)
{
    return name ? hash_bytes(name, strlen(name)) : 0;
}

/* As fact_get() has it, without asking whose it is. */
static struct fact anybodys(table_word *word)
{
    uint64_t found = atomic_load_explicit(word, memory_order_relaxed);
    return fact_get(word, (uint32_t)(found >> 40));
}

static table_word *find(struct entry *entry, enum memory_lesson lesson, uint32_t mark)
{
    for (unsigned way = 0; way < MEMORY_LESSON_PROGRAMS; way++) {
        table_word *word = &entry->lessons[lesson][way];
        if (atomic_load_explicit(word, memory_order_relaxed) >> 40 == mark)
            return word;
    }
    return NULL;
}

/* The one to go. What says nothing, or speaks of a time to come, is as old as can be. */
static table_word *oldest(struct entry *entry, enum memory_lesson lesson, uint32_t now)
{
    table_word *found = NULL;
    uint32_t greatest = 0;
    for (unsigned way = 0; way < MEMORY_LESSON_PROGRAMS; way++) {
        table_word *word = &entry->lessons[lesson][way];
        uint32_t age = age_of(anybodys(word).value, now);
        if (found && age <= greatest)
            continue;
        found = word;
        greatest = age;
    }
    return found;
}

unsigned lessons_recall(struct entry *entry, const struct key *key, uint32_t now)
{
    uint32_t mark = mark_of_program(key, this_program);
    unsigned held = 0;
    for (unsigned lesson = 0; lesson < MEMORY_LESSONS; lesson++) {
        table_word *word = find(entry, (enum memory_lesson)lesson, mark);
        if (word && lesson_holds(fact_get(word, mark), now))
            held |= 1u << lesson;
    }
    return held;
}

void lesson_learn(struct entry *entry, const struct key *key, enum memory_lesson lesson,
                  uint32_t now)
{
    uint32_t mark = mark_of_program(key, this_program);
    table_word *word = find(entry, lesson, mark);
    if (!this_program)
        return;
    fact_change(word ? word : oldest(entry, lesson, now), mark, lesson_case, now);
}

void lesson_unlearn(struct entry *entry, const struct key *key, enum memory_lesson lesson,
                    uint32_t now)
{
    uint32_t mark = mark_of_program(key, this_program);
    /* Two that learn it at a time may have taken two words. */
    for (unsigned way = 0; way < MEMORY_LESSON_PROGRAMS; way++) {
        table_word *word = &entry->lessons[lesson][way];
        if (atomic_load_explicit(word, memory_order_relaxed) >> 40 == mark)
            fact_change(word, mark, lesson_counter_case, now);
    }
}

uint32_t lesson_until(struct entry *entry, enum memory_lesson lesson, uint32_t now)
{
    uint32_t until = 0;
    for (unsigned way = 0; way < MEMORY_LESSON_PROGRAMS; way++) {
        struct fact fact = anybodys(&entry->lessons[lesson][way]);
        if (lesson_holds(fact, now) && fact.value + MEMORY_LESSON_S > until)
            until = fact.value + MEMORY_LESSON_S;
    }
    return until;
}
