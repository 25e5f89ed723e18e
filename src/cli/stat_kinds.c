/* SPDX-License-Identifier: MIT */
/* Processes that say the same of themselves are told of as one. */
#include "cli/stat_processes.h"

#include <string.h>

static int compare_texts(const char *one, const char *other)
{
    return strcmp(one != NULL ? one : "", other != NULL ? other : "");
}

int stat_processes_compare(const struct stat_process *one, const struct stat_process *other)
{
    int order = strcmp(one->program, other->program);

    if (order == 0)
        order = compare_texts(one->policy, other->policy);
    if (order == 0)
        order = strcmp(one->version, other->version);
    if (order == 0)
        order = strcmp(one->former, other->former);
    return order != 0 ? order : compare_texts(one->refusal, other->refusal);
}

size_t stat_processes_same(const struct stat_processes *processes, size_t from)
{
    size_t count = 1;

    while (from + count < processes->count &&
           stat_processes_compare(&processes->all[from], &processes->all[from + count]) == 0)
        count++;
    return count;
}
