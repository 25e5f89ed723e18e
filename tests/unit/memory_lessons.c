/* SPDX-License-Identifier: MIT */
/* What is learned of a program: from two cases in a row, for a day, and of no other program. */
#include "check.h"
#include "memory_keys.h"
#include "memory_own_table.h"

#define HELD(lesson) (1u << (lesson))

static void become(uint32_t program)
{
    memory_set_up_alone(program);
}

static void learn(enum memory_lesson lesson)
{
    for (unsigned i = 0; i < MEMORY_LESSON_TIMES; i++)
        memory_learn(&to, lesson);
}

static void two_cases_in_a_row_are_a_lesson(void)
{
    for (int i = 0; i < MEMORY_LESSONS; i++) {
        enum memory_lesson lesson = (enum memory_lesson)i;
        connected_start();
        memory_learn(&to, lesson);
        CHECK_EQUAL(memory_recall(&to).lessons, 0);
        memory_unlearn(&to, lesson);
        memory_learn(&to, lesson);
        CHECK_EQUAL(memory_recall(&to).lessons, 0);
        memory_learn(&to, lesson);
        CHECK_EQUAL(memory_recall(&to).lessons, HELD(lesson));
        CHECK_EQUAL(test_entry(&to).reason, MEMORY_REASON_LESSON + i);
        memory_unlearn(&to, lesson);
        CHECK_EQUAL(memory_recall(&to).lessons, 0);
    }
    memory_learn(&to, MEMORY_LESSONS);
    memory_unlearn(&to, MEMORY_LESSONS);
}

static void lessons_do_not_mix(void)
{
    connected_start();
    learn(MEMORY_READS_FIRST);
    learn(MEMORY_COSTS_A_WAIT);
    memory_unlearn(&to, MEMORY_NEVER_READS);
    CHECK_EQUAL(memory_recall(&to).lessons, HELD(MEMORY_READS_FIRST) | HELD(MEMORY_COSTS_A_WAIT));
    memory_unlearn(&to, MEMORY_READS_FIRST);
    CHECK_EQUAL(memory_recall(&to).lessons, HELD(MEMORY_COSTS_A_WAIT));
}

static void a_lesson_is_believed_for_a_day(void)
{
    connected_start();
    learn(MEMORY_READS_FIRST);
    CHECK_EQUAL(test_entry(&to).learned_until[MEMORY_READS_FIRST], test_time + MEMORY_LESSON_S);
    test_time += MEMORY_LESSON_S - 1;
    /* Cases in that day do not prolong it. */
    memory_learn(&to, MEMORY_READS_FIRST);
    test_connected(&to, 0);
    CHECK_EQUAL(test_judge(&to), TEST_LEARNED);
    test_time++;
    CHECK_EQUAL(test_judge(&to), TEST_DEFER);
    CHECK_EQUAL(test_entry(&to).learned_until[MEMORY_READS_FIRST], 0);
    /* Still in a row. */
    memory_learn(&to, MEMORY_READS_FIRST);
    CHECK_EQUAL(test_judge(&to), TEST_LEARNED);
}

static void another_program_has_its_own(void)
{
    connected_start();
    learn(MEMORY_READS_FIRST);
    become(TEST_PROGRAM + 1);
    CHECK_EQUAL(memory_recall(&to).lessons, 0);
    memory_unlearn(&to, MEMORY_READS_FIRST);
    memory_learn(&to, MEMORY_READS_FIRST);
    CHECK_EQUAL(memory_recall(&to).lessons, 0);
    become(TEST_PROGRAM);
    CHECK_EQUAL(memory_recall(&to).lessons, HELD(MEMORY_READS_FIRST));
    /* A program without a name learns nothing. */
    become(0);
    learn(MEMORY_NEVER_READS);
    CHECK_EQUAL(memory_recall(&to).lessons, 0);
    CHECK(test_entry(&to).learned_until[MEMORY_READS_FIRST] != 0);
    CHECK_EQUAL(test_entry(&to).learned_until[MEMORY_NEVER_READS], 0);
}

static void of_five_programs_the_oldest_is_forgotten(void)
{
    connected_start();
    for (uint32_t program = 1; program <= MEMORY_LESSON_PROGRAMS + 1; program++, test_time++) {
        become(program);
        learn(MEMORY_READS_FIRST);
    }
    for (uint32_t program = 1; program <= MEMORY_LESSON_PROGRAMS + 1; program++) {
        become(program);
        CHECK_EQUAL(memory_recall(&to).lessons, program == 1 ? 0 : HELD(MEMORY_READS_FIRST));
    }
}

static void an_heir_inherits_no_lesson(void)
{
    struct memory_destination heir;
    empty_table();
    for (unsigned n = 0; n < TABLE_WAYS; n++) {
        to = in_set(n);
        learn(MEMORY_READS_FIRST);
    }
    heir = in_set(TABLE_WAYS);
    memory_deferred(&heir);
    CHECK_EQUAL(memory_recall(&heir).lessons, 0);
    CHECK_EQUAL(test_entry(&heir).learned_until[MEMORY_READS_FIRST], 0);
}

static void times_to_come_bind_nobody(void)
{
    struct key key;
    struct entry *entry;
    uint32_t mark;
    become(TEST_PROGRAM);
    empty_table();
    test_connected(&to, 0);
    key = key_of(&to);
    entry = entry_find(AREA_DESTINATIONS, &key);
    mark = mark_of_program(&key, TEST_PROGRAM);
    fact_set(&entry->lessons[MEMORY_READS_FIRST][3], mark, (struct fact){UINT32_MAX, UINT8_MAX});
    CHECK_EQUAL(memory_recall(&to).lessons, 0);
    CHECK_EQUAL(test_entry(&to).learned_until[MEMORY_READS_FIRST], 0);
    memory_learn(&to, MEMORY_READS_FIRST);
    CHECK_EQUAL(test_entry(&to).learned_until[MEMORY_READS_FIRST], test_time + MEMORY_LESSON_S);
}

static void programs_have_numbers(void)
{
    CHECK_EQUAL(memory_program(NULL), 0);
    CHECK(memory_program("") != 0);
    CHECK(memory_program("curl") != memory_program("wget"));
    CHECK_EQUAL(memory_program("curl"), memory_program("curl"));
}

static const struct test_case cases[] = {
    {"two_cases_in_a_row_are_a_lesson", two_cases_in_a_row_are_a_lesson},
    {"lessons_do_not_mix", lessons_do_not_mix},
    {"a_lesson_is_believed_for_a_day", a_lesson_is_believed_for_a_day},
    {"another_program_has_its_own", another_program_has_its_own},
    {"of_five_programs_the_oldest_is_forgotten", of_five_programs_the_oldest_is_forgotten},
    {"an_heir_inherits_no_lesson", an_heir_inherits_no_lesson},
    {"times_to_come_bind_nobody", times_to_come_bind_nobody},
    {"programs_have_numbers", programs_have_numbers},
};

TEST_MAIN(cases)
