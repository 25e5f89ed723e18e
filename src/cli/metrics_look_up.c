/* SPDX-License-Identifier: MIT */
#include "cli/metrics.h"

#include <stdio.h>
#include <string.h>

struct search {
    const uint8_t *address;
    struct metrics *found;
    bool any;
};

/* A host may have several entries, one for each of our own addresses. */
static void look_at(void *context, const struct metrics *metrics)
{
    struct search *search = context;

    if (memcmp(metrics->address, search->address, sizeof(metrics->address)) != 0 ||
        (search->any && search->found->cookie_length > 0))
        return;
    *search->found = *metrics;
    search->any = true;
}

bool metrics_of(const uint8_t address[16], struct metrics *found, bool *asked)
{
    struct search search = {.address = address, .found = found};

    *asked = metrics_each(look_at, &search);
    return search.any;
}

void metrics_cookie_text(char text[2 * METRICS_COOKIE_MOST + 1], const struct metrics *metrics)
{
    text[0] = '\0';
    for (unsigned i = 0; i < metrics->cookie_length; i++)
        snprintf(text + (size_t)i * 2, 3, "%02x", metrics->cookie[i]);
}
