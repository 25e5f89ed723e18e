/* SPDX-License-Identifier: MIT */
/* What the files of the building stage share. */
#ifndef TFOSHIM_POLICY_BUILD_H
#define TFOSHIM_POLICY_BUILD_H

#include "contract.h"
#include "policy/rules.h"

struct builder {
    struct arena arena;
    char *block;
    size_t size;
    size_t capacity;
    const struct policy_subject *subject;
    const char *refusal;   /* NULL, or what is wrong with the file */
    const char *last_file; /* rules of one file follow each other: its name is kept once */
    uint32_t last_file_offset;
    const struct rule **rules; /* of the group at work, those for the subject */
    size_t rule_count;
};

/* Appends to the block; the result is an offset in it. */
uint32_t block_append(struct builder *, const void *data, size_t size);
uint32_t block_string(struct builder *, const char *text) NONNULL;
struct policy_array block_array(struct builder *, const void *data, size_t count,
                                size_t element_size);

/* One address or host pattern of one rule. */
struct entry {
    uint64_t high;
    uint64_t low;
    const char *host;      /* NULL for addresses, which have the numbers instead */
    const char *interface; /* that the rule is for, NULL: any */
    uint32_t family;
    uint32_t length;
    uint32_t rule;
};

/* All entries of builder->rules, sorted by pattern and within a pattern by rule. */
struct entry *address_entries(struct builder *, size_t *count) NONNULL;
struct entry *host_entries(struct builder *, size_t *count) NONNULL;

/* The rules of the group that are for the subject (origin.c). */
void select_rules(struct builder *, const struct rule_group *) NONNULL;

/* The policy's sources, and what its rules ask of the subject (origin.c). */
void append_origin(struct builder *, struct policy *, const struct rule_file *) NONNULL;

/* How many entries from here on are of the same pattern: at least 1. */
size_t same_pattern(const struct entry *, size_t count) NONNULL;

#endif
