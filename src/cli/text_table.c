/* SPDX-License-Identifier: MIT */
#include "cli/text_table.h"
#include "cli/paint.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void table_add(struct table *table, char *cell)
{
    table->cells = need_room(table->cells, table->count + 1, sizeof *table->cells);
    table->cells[table->count++] = need_memory(cell);
}

struct table table_of(const char *const headings[], size_t columns)
{
    struct table table = {.columns = columns};
    for (size_t i = 0; i < columns; i++)
        table_add_copy(&table, headings[i]);
    return table;
}

void table_add_copy(struct table *table, const char *cell)
{
    table_add(table, strdup(cell));
}

void table_drop(struct table *table)
{
    for (size_t i = 0; i < table->count; i++)
        free(table->cells[i]);
    free(table->cells);
    *table = (struct table){.columns = table->columns};
}

/* No blanks at the end of a line. */
static void print_row(const struct table *table, size_t first, const int widths[])
{
    for (size_t column = 0; column + 1 < table->columns; column++)
        printf("%-*s  ", widths[column], table->cells[first + column]);
    fputs(table->cells[first + table->columns - 1], stdout);
}

void table_print(struct table *table, const char *indent)
{
    int widths[TABLE_COLUMNS_MOST] = {0};
    for (size_t i = 0; i < table->count; i++) {
        int length = (int)strlen(table->cells[i]);
        if (length > widths[i % table->columns])
            widths[i % table->columns] = length;
    }
    for (size_t first = 0; first < table->count; first += table->columns) {
        fputs(indent, stdout);
        fputs(first == 0 ? paint_on(PAINT_HEADING) : "", stdout);
        print_row(table, first, widths);
        puts(first == 0 ? paint_off() : "");
    }
    table_drop(table);
}
