/* SPDX-License-Identifier: MIT */
/* A table on stdout whose columns are as wide as their widest cell. */
#ifndef TFOSHIM_CLI_TEXT_TABLE_H
#define TFOSHIM_CLI_TEXT_TABLE_H

#include "cli/util.h"
#include "contract.h"

#define TABLE_COLUMNS_MOST 9

struct table {
    size_t columns;
    char **cells; /* row after row */
    size_t count;
};

/* One that has these headings and nothing else yet. */
struct table table_of(const char *const headings[], size_t columns) NONNULL;

/* Takes the string, which free() must accept. */
void table_add(struct table *, char *cell);
void table_add_copy(struct table *, const char *cell) NONNULL;
/* As printf(3) makes it. */
#define table_add_text(table, ...) table_add(table, need_text(__VA_ARGS__))

/* Prints the table with `indent` before each row, and frees it. */
void table_print(struct table *, const char *indent) NONNULL;

/* Frees it unprinted. */
void table_drop(struct table *) NONNULL;

#endif
