/* SPDX-License-Identifier: MIT */
#include "cli/table.h"
#include "cli/util.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void table_add(struct table *table, char *cell)
{
    table->cells = need_memory(realloc(table->cells, (table->count + 1) * sizeof(*table->cells)));
    table->cells[table->count++] = need_memory(cell);
}

void table_add_copy(struct table *table, const char *cell)
{
    table_add(table, strdup(cell));
}

void table_print(struct table *table, const char *indent)
{
    int widths[TABLE_COLUMNS_MOST] = {0};

    for (size_t i = 0; i < table->count; i++) {
        int length = (int)strlen(table->cells[i]);

        if (length > widths[i % table->columns])
            widths[i % table->columns] = length;
    }
    for (size_t i = 0; i < table->count; i++) {
        size_t column = i % table->columns;

        if (column == 0)
            fputs(indent, stdout);
        /* No blanks at the end of a line. */
        if (column + 1 == table->columns)
            puts(table->cells[i]);
        else
            printf("%-*s  ", widths[column], table->cells[i]);
        free(table->cells[i]);
    }
    free(table->cells);
    *table = (struct table){.columns = table->columns};
}
