/* SPDX-License-Identifier: MIT */
/* What a policy was made of, and for whom: by that it is known when it may be used again. */
#include "policy/build.h"

#include <stdlib.h>
#include <string.h>

static struct policy_array append_sources(struct builder *builder, const struct rule_file *file)
{
    struct policy_source *sources;
    sources = arena_alloc(&builder->arena, (file->source_count + 1) * sizeof *sources);
    for (size_t i = 0; i < file->source_count; i++)
        sources[i] = (struct policy_source){
            .stamp = file->sources[i].stamp,
            .path = block_string(builder, file->sources[i].path),
        };
    return block_array(builder, sources, file->source_count, sizeof *sources);
}

static bool is_among(const struct builder *builder, const struct rule *rule, enum selector selector)
{
    const struct selection *selection = &rule->select[selector];
    for (size_t i = 0; i < selection->count; i++)
        if (subject_matches(builder->subject, selector, selection->any[i].pattern))
            return true;
    return selection->count == 0;
}

static bool is_for(const struct builder *builder, const struct rule *rule)
{
    for (enum selector selector = 0; selector < SUBJECT_SELECTORS; selector++)
        if (!is_among(builder, rule, selector))
            return false;
    return true;
}

void select_rules(struct builder *builder, const struct rule_group *group)
{
    builder->rules =
        arena_alloc(&builder->arena, (group->rule_count + 1) * sizeof(const struct rule *));
    builder->rule_count = 0;
    for (size_t i = 0; i < group->rule_count; i++)
        if (is_for(builder, &group->rules[i]))
            builder->rules[builder->rule_count++] = &group->rules[i];
}

/* A pattern of the file. */
struct question {
    enum selector selector;
    const char *pattern;
};

struct questions {
    struct question *all;
    size_t count;
};

static void add_questions(struct builder *builder, struct questions *questions,
                          const struct rule_group *group)
{
    for (size_t i = 0; i < group->rule_count; i++)
        for (enum selector selector = 0; selector < SUBJECT_SELECTORS; selector++) {
            const struct selection *selection = &group->rules[i].select[selector];
            for (size_t j = 0; j < selection->count; j++) {
                questions->all = arena_grow(&builder->arena, questions->all, questions->count,
                                            sizeof *questions->all);
                questions->all[questions->count++] =
                    (struct question){selector, selection->any[j].pattern};
            }
        }
}

static int compare(const void *a, const void *b)
{
    const struct question *left = a, *right = b;
    if (left->selector != right->selector)
        return left->selector < right->selector ? -1 : 1;
    return strcmp(left->pattern, right->pattern);
}

/* Each once, with the answer that the policy is made by. */
static struct policy_array append_selectors(struct builder *builder, const struct rule_file *file)
{
    struct questions questions = {.count = 0};
    struct policy_selector *selectors;
    size_t made = 0;
    add_questions(builder, &questions, &file->client);
    add_questions(builder, &questions, &file->server);
    if (questions.count > 0)
        qsort(questions.all, questions.count, sizeof *questions.all, compare);
    selectors = arena_alloc(&builder->arena, (questions.count + 1) * sizeof *selectors);
    for (size_t i = 0; i < questions.count; i++) {
        const struct question *question = &questions.all[i];
        if (i > 0 && compare(question - 1, question) == 0)
            continue;
        selectors[made++] = (struct policy_selector){
            .pattern = block_string(builder, question->pattern),
            .selector = (uint8_t)question->selector,
            .holds = subject_matches(builder->subject, question->selector, question->pattern),
        };
    }
    return block_array(builder, selectors, made, sizeof *selectors);
}

void append_origin(struct builder *builder, struct policy *policy, const struct rule_file *file)
{
    policy->sources = append_sources(builder, file);
    policy->unsettled = file->unsettled;
    policy->written = file->written;
    /* What is wrong with a file is so for everybody. */
    if (builder->refusal == NULL)
        policy->selectors = append_selectors(builder, file);
}
