/* SPDX-License-Identifier: MIT */
/*
 * Random events at random times, against a model that is as plain as the rules can be put: what one
 * destination went through must not show on another, and the words of an entry must say what a
 * struct with a field for everything says.
 */
#include "check.h"
#include "memory/memory.h"
#include "memory_keys.h"

#define KEYS 96
#define EVENTS 30000

struct model {
    uint32_t connected_at, backoff_end, backoff_length, ignored_run, read_run, habit_end;
    bool trying;
    uint32_t connected, struck, deferred, started, outcomes[5];
};

static struct model models[KEYS];

static enum test_verdict expected(const struct model *model)
{
    if (model->backoff_end > test_time)
        return TEST_BACKED_OFF;
    if (model->habit_end > test_time)
        return TEST_LEARNED;
    return model->connected_at != 0 && test_time <= model->connected_at + POLICY_LATELY_S
               ? TEST_DEFER
               : TEST_NOT_LATELY;
}

static void model_fails(struct model *model)
{
    if (model->backoff_end > test_time && !model->trying)
        return;
    model->trying = false;
    model->ignored_run = 0;
    model->backoff_length *= 2;
    if (model->backoff_length == 0)
        model->backoff_length = MEMORY_BACKOFF_LEAST_S;
    if (model->backoff_length > MEMORY_BACKOFF_MOST_S)
        model->backoff_length = MEMORY_BACKOFF_MOST_S;
    model->backoff_end = test_time + model->backoff_length;
}

static void model_gives_back(struct model *model)
{
    if (model->trying)
        model->backoff_end = 0;
    model->trying = false;
}

static void model_outcome(struct model *model, enum memory_outcome outcome)
{
    model->outcomes[outcome]++;
    switch (outcome) {
    case MEMORY_ACCEPTED:
        model->backoff_end = model->backoff_length = model->ignored_run = 0;
        model->trying = false;
        break;
    case MEMORY_NO_COOKIE:
    case MEMORY_STALE:
        model_gives_back(model);
        break;
    case MEMORY_IGNORED:
        if (model->backoff_length != 0 || ++model->ignored_run >= 2)
            model_fails(model);
        break;
    case MEMORY_SYN_RETRANSMITTED:
        model_fails(model);
        break;
    }
}

static void model_deferred(struct model *model)
{
    model->deferred++;
    if (model->backoff_length == 0 || model->backoff_end > test_time)
        return;
    model->backoff_end = test_time + MEMORY_BACKOFF_LEAST_S;
    model->trying = true;
}

static void model_read_first(struct model *model)
{
    if (model->habit_end > test_time)
        return;
    if (++model->read_run >= MEMORY_LESSON_TIMES)
        model->habit_end = test_time + MEMORY_LESSON_S;
}

static void event(uint32_t number)
{
    struct model *model = &models[number];
    uint32_t kind = test_chance(10);
    enum memory_outcome outcome = (enum memory_outcome)test_chance(5);
    to = test_numbered(number);
    if (kind < 3) {
        test_connected(&to, 0);
        model->connected_at = test_time;
        model->connected++;
    } else if (kind == 3 && model->connected + model->deferred > 0) {
        memory_struck(&to, false);
        model->connected_at = 0;
        model->struck++;
    } else if (kind < 5) {
        memory_deferred(&to);
        model_deferred(model);
    } else if (kind == 5) {
        memory_started(&to);
        model->started++;
        model_gives_back(model);
    } else if (kind < 8) {
        memory_fast_opened(&to, outcome);
        model_outcome(model, outcome);
    } else if (kind == 8 || test_chance(3) != 0) {
        memory_learn(&to, MEMORY_READS_FIRST);
        model_read_first(model);
    } else {
        memory_unlearn(&to, MEMORY_READS_FIRST);
        model->read_run = model->habit_end = 0;
    }
}

static void compare(uint32_t number)
{
    const struct model *model = &models[number];
    struct memory_entry copy;
    to = test_numbered(number);
    CHECK_EQUAL(test_judge(&to), expected(model));
    test_look(&to, &copy);
    CHECK_EQUAL(copy.connected, model->connected);
    CHECK_EQUAL(copy.struck, model->struck);
    CHECK_EQUAL(copy.deferred, model->deferred);
    CHECK_EQUAL(copy.started, model->started);
    CHECK_EQUAL(copy.accepted, model->outcomes[MEMORY_ACCEPTED]);
    CHECK_EQUAL(copy.no_cookie, model->outcomes[MEMORY_NO_COOKIE]);
    CHECK_EQUAL(copy.ignored, model->outcomes[MEMORY_IGNORED]);
    CHECK_EQUAL(copy.retransmitted, model->outcomes[MEMORY_SYN_RETRANSMITTED]);
    CHECK_EQUAL(copy.stale, model->outcomes[MEMORY_STALE]);
    CHECK_EQUAL(copy.last_connected, model->connected_at);
    CHECK_EQUAL(copy.backed_off_until, model->backoff_end > test_time ? model->backoff_end : 0);
    CHECK_EQUAL(copy.learned_until[MEMORY_READS_FIRST],
                model->habit_end > test_time ? model->habit_end : 0);
}

int main(void)
{
    static const uint32_t steps[] = {0, 0, 1, 59, 60, 61, 600, 3599, 3600, 40000, 86400};
    unsigned verdicts[TEST_DEFER + 1] = {0};
    start_afresh();
    for (int i = 0; i < EVENTS; i++) {
        uint32_t number = test_chance(KEYS);
        /* Seldom, and so that most keys see several events between two steps. */
        if (test_chance(40) == 0)
            test_time += steps[test_chance(sizeof steps / sizeof steps[0])];
        event(number);
        compare(number);
        number = test_chance(KEYS);
        compare(number);
        verdicts[expected(&models[number])]++;
    }
    /* All of it was tried, not one corner. */
    for (int verdict = 0; verdict <= TEST_DEFER; verdict++)
        CHECK(verdicts[verdict] > EVENTS / 100);
    return 0;
}
