/* SPDX-License-Identifier: MIT */
/* A table of the test's own, to look into and to damage. */
#ifndef TFOSHIM_TESTS_UNIT_MEMORY_OWN_TABLE_H
#define TFOSHIM_TESTS_UNIT_MEMORY_OWN_TABLE_H

#include "memory/table.h"
#include "memory_keys.h"

#include <unistd.h>

static struct table table;

static inline void empty_table(void)
{
    memset(&table, 0, sizeof table);
    table_use(&table, geteuid());
    memory_now = test_clock;
    to = test_destination("192.0.2.1", 443);
}

/* The n-th destination that belongs into set 0. */
static inline struct memory_destination in_set(unsigned n)
{
    for (uint32_t number = 0;; number++) {
        struct memory_destination destination = test_numbered(number);
        if (key_of(&destination).hash % table_sets(AREA_DESTINATIONS) == 0 && n-- == 0)
            return destination;
    }
}

#endif
