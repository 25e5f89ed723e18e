/* SPDX-License-Identifier: MIT */
/*
 * Which cookie a host had when it was looked up last. A server that has changed its key refuses the
 * cookie and sends another: the kernel has that by the time the connection stands, and says of the
 * SYN only that its data was not acknowledged. So the old one is kept here, as a number. It is
 * looked up with the first deferral of an entry and where data was not acknowledged: a first
 * contact and a fast open that succeeds cost nothing.
 *
 * Another program may have brought a new cookie home meanwhile. Then one failure of the path is
 * taken for a cookie out of date, and the next one is not.
 */
#include "memory/facts.h"

#define KNOWN 1u /* extra: a cookie of 0 is none, which is known as well */

static struct margin *margin_of(const struct key *key)
{
    struct entry *entry = entry_find(AREA_DESTINATIONS, key);
    return entry ? entry_margin(entry) : NULL;
}

bool memory_cookie_known(const struct memory_destination *destination)
{
    struct key key = key_of(destination);
    struct margin *margin = margin_of(&key);
    return margin && fact_get(&margin->cookie, key.mark).extra == KNOWN;
}

void memory_cookie(const struct memory_destination *destination, uint32_t cookie)
{
    struct key key = key_of(destination);
    struct margin *margin = margin_of(&key);
    if (margin)
        fact_set(&margin->cookie, key.mark, (struct fact){cookie, KNOWN});
}

/* Of several SYNs that left with the old cookie one is the first to be told of. */
bool memory_cookie_replaced(const struct memory_destination *destination, uint32_t cookie,
                            uint32_t ago)
{
    struct key key = key_of(destination);
    struct margin *margin = margin_of(&key);
    uint32_t now = memory_now(), age;
    struct fact known;
    if (!margin || cookie == 0)
        return false;
    known = fact_get(&margin->cookie, key.mark);
    age = age_of(fact_get(&margin->changed, key.mark).value, now);
    if (known.extra == KNOWN && known.value == cookie)
        return age != MEMORY_NEVER && age <= ago;
    fact_set(&margin->changed, key.mark, (struct fact){now, 0});
    fact_set(&margin->cookie, key.mark, (struct fact){cookie, KNOWN});
    return known.extra == KNOWN;
}
