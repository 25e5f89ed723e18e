/* SPDX-License-Identifier: MIT */
#include "own-names.h"

#include <stdio.h>

#define SHOWN __attribute__((visibility("default")))

SHOWN int own_calls[5];

SHOWN void config_init(void *nothing)
{
    (void)nothing;
    own_calls[0]++;
}

SHOWN int config_read_file(void *nothing, const char *name)
{
    (void)nothing;
    (void)name;
    return ++own_calls[1];
}

SHOWN void *config_lookup(const void *nothing, const char *name)
{
    (void)nothing;
    (void)name;
    own_calls[2]++;
    return NULL;
}

SHOWN void config_destroy(void *nothing)
{
    (void)nothing;
    own_calls[3]++;
}

SHOWN int config_setting_length(const void *nothing)
{
    (void)nothing;
    return ++own_calls[4];
}

SHOWN void own_names_use(void)
{
    config_init(NULL);
    config_read_file(NULL, "");
    config_lookup(NULL, "");
    config_destroy(NULL);
    config_setting_length(NULL);
    printf("own calls: %d %d %d %d %d\n", own_calls[0], own_calls[1], own_calls[2], own_calls[3],
           own_calls[4]);
}
