/* SPDX-License-Identifier: MIT */
/* Rules -> flat policy. What each part of the block is for is said in policy/flat.h. */
#include "policy/build.h"
#include "hash/hash.h"
#include "policy/sweep.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

static int inherited(int of_rule, int of_group)
{
    return of_rule == AS_THE_GROUP ? of_group : of_rule;
}

static bool is_loopback6(const struct address_pattern *pattern)
{
    static const uint8_t one[16] = {[15] = 1};
    return memcmp(pattern->address, one, sizeof one) == 0;
}

/* "*" and the like are for every host, and say nothing of this one. */
static bool names_loopback(const struct rule *rule)
{
    for (size_t i = 0; i < rule->address_count; i++) {
        const struct address_pattern *pattern = &rule->addresses[i];
        if (pattern->family == FAMILY_IPV4
                ? pattern->length >= 96 + 8 && pattern->address[12] == 127
                : pattern->length == 128 && is_loopback6(pattern))
            return true;
    }
    return false;
}

static uint32_t group_key_file(struct builder *builder, const struct rule_group *group)
{
    return group->key_file ? block_string(builder, group->key_file) : 0;
}

static uint32_t append_prefixes(struct builder *builder, const struct rule *rule)
{
    size_t size = 1;
    char *all, *end;
    for (size_t i = 0; i < rule->prefix_count; i++)
        size += strlen(rule->prefixes[i]) + 1;
    all = end = arena_alloc(&builder->arena, size);
    for (size_t i = 0; i < rule->prefix_count; i++)
        end = stpcpy(end, rule->prefixes[i]) + 1;
    *end = '\0';
    return rule->prefix_count > 0 ? block_append(builder, all, size) : 0;
}

static struct policy_array append_rules(struct builder *builder, const struct rule_group *group)
{
    struct policy_rule *rules =
        arena_alloc(&builder->arena, (builder->rule_count + 1) * sizeof *rules);
    const uint32_t of_group = group_key_file(builder, group);
    for (size_t i = 0; i < builder->rule_count; i++) {
        const struct rule *rule = builder->rules[i];
        if (builder->last_file != rule->file) {
            builder->last_file = rule->file;
            builder->last_file_offset = block_string(builder, rule->file);
        }
        rules[i] = (struct policy_rule){
            .file = builder->last_file_offset,
            .line = rule->line,
            .queue = rule->queue,
            .key_file = rule->key_file ? block_string(builder, rule->key_file) : of_group,
            .prefixes = append_prefixes(builder, rule),
            .fastopen = rule->fastopen,
            .names_loopback = names_loopback(rule),
#define SETTING(name, sides, type, field, initial, least, most, stricter, shown, ...)              \
    .field = (type)inherited(rule->set.field, group->set.field),
#include "policy/keys.def"
        };
    }
    return block_array(builder, rules, builder->rule_count, sizeof *rules);
}

/* The segments of one pattern: the ports of all the rules that name it. */
static struct policy_array append_segments(struct builder *builder, const struct entry *entries,
                                           size_t count)
{
    struct policy_segment *intervals = NULL, *segments;
    size_t made = 0;
    for (size_t i = 0; i < count; i++) {
        const struct rule *rule = builder->rules[entries[i].rule];
        size_t port_count;
        const struct port_range *ports = rule_ports(rule, &port_count);
        for (size_t j = 0; j < port_count; j++) {
            intervals = arena_grow(&builder->arena, intervals, made, sizeof *intervals);
            intervals[made++] = (struct policy_segment){
                .lo = ports[j].lo, .hi = ports[j].hi, .rule = entries[i].rule};
        }
    }
    made = sweep_ports(&builder->arena, intervals, made, &segments);
    return block_array(builder, segments, made, sizeof *segments);
}

static uint32_t append_interface(struct builder *builder, const struct entry *entry)
{
    return entry->interface == NULL ? 0 : block_string(builder, entry->interface);
}

static bool same_set(const struct entry *one, const struct entry *other)
{
    return one->family == other->family && one->length == other->length &&
           (one->interface == NULL || other->interface == NULL
                ? one->interface == other->interface
                : strcmp(one->interface, other->interface) == 0);
}

static struct policy_array append_sets(struct builder *builder)
{
    struct policy_prefix_set *sets = NULL;
    struct policy_prefix *prefixes;
    size_t count, set_count = 0;
    struct entry *entries = address_entries(builder, &count);
    prefixes = arena_alloc(&builder->arena, (count + 1) * sizeof *prefixes);
    for (size_t i = 0; i < count;) {
        const struct entry *first = &entries[i];
        struct policy_prefix_set set = {.interface = append_interface(builder, first),
                                        .family = first->family,
                                        .length = first->length};
        size_t made = 0;
        while (i < count && same_set(first, &entries[i])) {
            size_t same = same_pattern(&entries[i], count - i);
            prefixes[made++] = (struct policy_prefix){
                .high = entries[i].high,
                .low = entries[i].low,
                .segments = append_segments(builder, &entries[i], same),
            };
            i += same;
        }
        set.prefixes = block_array(builder, prefixes, made, sizeof *prefixes);
        sets = arena_grow(&builder->arena, sets, set_count, sizeof *sets);
        sets[set_count++] = set;
    }
    return block_array(builder, sets, set_count, sizeof *sets);
}

static uint32_t first_host_rule(const struct builder *builder)
{
    for (size_t i = 0; i < builder->rule_count; i++)
        if (builder->rules[i]->host_count > 0)
            return (uint32_t)i;
    return POLICY_NO_RULE;
}

static struct policy_array append_hosts(struct builder *builder)
{
    size_t count, made = 0;
    const struct entry *entries = host_entries(builder, &count);
    struct policy_host *hosts = arena_alloc(&builder->arena, (count + 1) * sizeof *hosts);
    for (size_t i = 0; i < count;) {
        size_t same = same_pattern(&entries[i], count - i);
        hosts[made++] = (struct policy_host){
            .pattern = block_string(builder, entries[i].host),
            .interface = append_interface(builder, &entries[i]),
            .segments = append_segments(builder, &entries[i], same),
        };
        i += same;
    }
    return block_array(builder, hosts, made, sizeof *hosts);
}

static struct policy_group append_group(struct builder *builder, const struct rule_group *group)
{
    struct policy_group flat = {.fallback = {
                                    .fastopen = group->fastopen,
                                    .key_file = group_key_file(builder, group),
#define SETTING(name, sides, type, field, initial, least, most, stricter, shown, ...)              \
    .field = (type)group->set.field,
#include "policy/keys.def"
                                }};
    select_rules(builder, group);
    flat.rules = append_rules(builder, group);
    flat.sets = append_sets(builder);
    return flat;
}

static uint32_t pattern_set(const struct builder *builder, const struct policy_array *hosts)
{
    const struct policy_host *host = (const void *)(builder->block + hosts->offset);
    uint32_t number = POLICY_NO_PATTERNS;
    for (uint32_t i = 0; i < hosts->count; i++) {
        const char *pattern = builder->block + host[i].pattern;
        number = number * 31 + hash_bytes(pattern, strlen(pattern));
    }
    return number != 0 ? number : POLICY_NO_PATTERNS + 1;
}

static void build_refusal(struct builder *builder, const struct rule_file *file)
{
    struct policy policy = {.magic = POLICY_MAGIC,
                            .version = POLICY_VERSION,
                            .log_level = LOG_WARN,
                            .first_host_rule = POLICY_NO_RULE,
                            .pattern_set = POLICY_NO_PATTERNS};
    block_append(builder, &policy, sizeof policy);
    policy.path = block_string(builder, file->path);
    policy.log_to = block_string(builder, "stderr");
    policy.refusal = block_string(builder, builder->refusal);
    append_origin(builder, &policy, file);
    policy.size = (uint32_t)builder->size;
    memcpy(builder->block, &policy, sizeof policy);
}

static void build_block(struct builder *builder, const struct rule_file *file)
{
    struct policy policy = {
        .magic = POLICY_MAGIC, .version = POLICY_VERSION, .log_level = file->log_level};
    block_append(builder, &policy, sizeof policy);
    policy.path = block_string(builder, file->path);
    policy.log_to = block_string(builder, file->log_to);
    policy.server = append_group(builder, &file->server);
    policy.client = append_group(builder, &file->client);
    /* Of the rules that the client group has just selected. */
    policy.hosts = append_hosts(builder);
    policy.first_host_rule = first_host_rule(builder);
    policy.pattern_set = pattern_set(builder, &policy.hosts);
    append_origin(builder, &policy, file);
    policy.size = (uint32_t)builder->size;
    memcpy(builder->block, &policy, sizeof policy);
}

/* The block by itself, read-only; MAP_FAILED when there is no memory. */
static void *map_block(const struct builder *builder)
{
    void *map =
        mmap(NULL, builder->size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (map == MAP_FAILED)
        return map;
    memcpy(map, builder->block, builder->size);
    if (mprotect(map, builder->size, PROT_READ) == 0)
        return map;
    munmap(map, builder->size);
    return MAP_FAILED;
}

/* Out of memory anywhere below, the arena comes back here. */
static void *build_map(struct builder *builder, const struct rule_file *file)
{
    jmp_buf exhausted;
    if (setjmp(exhausted) != 0)
        return MAP_FAILED;
    builder->arena.exhausted = &exhausted;
    if (builder->refusal)
        build_refusal(builder, file);
    else
        build_block(builder, file);
    builder->arena.exhausted = NULL;
    return map_block(builder);
}

const struct policy *rules_build(const struct rule_file *file, const struct policy_subject *subject,
                                 policy_report *report, void *context)
{
    struct builder builder = {.subject = subject};
    const struct policy *policy = build_map(&builder, file);
    char message[512];
    arena_free(&builder.arena);
    if (policy != MAP_FAILED)
        return policy;
    snprintf(message, sizeof message, "%s: cannot compile it: not enough memory", file->path);
    report(context, message);
    return NULL;
}

const struct policy *rules_build_refusal(const struct rule_file *file, const char *refusal)
{
    struct builder builder = {.refusal = refusal};
    const struct policy *policy = build_map(&builder, file);
    arena_free(&builder.arena);
    return policy == MAP_FAILED ? NULL : policy;
}
