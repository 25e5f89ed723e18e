/* SPDX-License-Identifier: MIT */
/* What a policy was made of, and for whom: by that it is known when it may be used again. */
#include "policy/build.h"

static struct policy_array append_sources(struct builder *builder, const struct rule_file *file)
{
    struct policy_source *sources;

    sources = arena_alloc(&builder->arena, (file->source_count + 1) * sizeof(*sources));
    for (size_t i = 0; i < file->source_count; i++)
        sources[i] = (struct policy_source){
            .stamp = file->sources[i].stamp,
            .path = block_string(builder, file->sources[i].path),
        };
    return block_array(builder, sources, file->source_count, sizeof(*sources));
}

static bool names_programs(const struct rule_group *group)
{
    for (size_t i = 0; i < group->rule_count; i++)
        if (group->rules[i].program_count > 0)
            return true;
    return false;
}

static void append_programs(struct builder *builder, struct policy *policy)
{
    policy->program = block_string(builder, builder->program ? builder->program : "");
    policy->alias = block_string(builder, builder->alias ? builder->alias : "");
}

void append_origin(struct builder *builder, struct policy *policy, const struct rule_file *file)
{
    policy->sources = append_sources(builder, file);
    policy->unsettled = file->unsettled;
    policy->written = file->written;
    if (names_programs(&file->client) || names_programs(&file->server))
        append_programs(builder, policy);
}
