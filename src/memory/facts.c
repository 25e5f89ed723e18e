/* SPDX-License-Identifier: MIT */
#include "memory/facts.h"

/* A back-off's value is its end. In its extra: how often it was doubled, whether the one try after
 * it is under way, and how often in a row data was ignored. */
#define LEVEL 0x0fu
#define LEVEL_MOST 12u
#define TRYING 0x10u
#define RUN_ONE 0x20u

_Static_assert(MEMORY_BACKOFF_LEAST_S << (LEVEL_MOST - 1) >= MEMORY_BACKOFF_MOST_S,
               "the last level reaches the longest back-off");

/* What lies further ahead than this program would have put it was not put there by it. */
static bool ends_later(uint32_t end, uint32_t now, uint32_t longest)
{
    return end > now && end - now <= longest;
}

static bool clear(struct fact *fact)
{
    bool changes = fact->value != 0 || fact->extra != 0;
    *fact = (struct fact){0, 0};
    return changes;
}

uint32_t age_of(uint32_t time, uint32_t now)
{
    return time != 0 && time <= now ? now - time : MEMORY_NEVER;
}

bool backoff_holds(struct fact fact, uint32_t now)
{
    return ends_later(fact.value, now, MEMORY_BACKOFF_MOST_S);
}

bool backoff_accepted(struct fact *fact, uint32_t now)
{
    (void)now;
    return clear(fact);
}

bool backoff_retransmitted(struct fact *fact, uint32_t now)
{
    unsigned level = fact->extra & LEVEL;
    uint32_t length;
    /* One outage fails all connections that are under way: that is one failure. */
    if (backoff_holds(*fact, now) && !(fact->extra & TRYING))
        return false;
    length = MEMORY_BACKOFF_LEAST_S << (level < LEVEL_MOST ? level : LEVEL_MOST - 1);
    if (length > MEMORY_BACKOFF_MOST_S)
        length = MEMORY_BACKOFF_MOST_S;
    fact->value = now + length;
    fact->extra = (uint8_t)(level < LEVEL_MOST ? level + 1 : LEVEL_MOST);
    return true;
}

/* Once is what a server does that has too many such connections in its queue. */
bool backoff_ignored(struct fact *fact, uint32_t now)
{
    if (fact->extra & LEVEL || fact->extra >= RUN_ONE)
        return backoff_retransmitted(fact, now);
    fact->extra = (uint8_t)(fact->extra + RUN_ONE);
    return true;
}

/* A try whose outcome nobody tells, for its process was killed, is over after a minute. */
bool backoff_try(struct fact *fact, uint32_t now)
{
    if (!(fact->extra & LEVEL) || backoff_holds(*fact, now))
        return false;
    fact->value = now + MEMORY_BACKOFF_LEAST_S;
    fact->extra |= TRYING;
    return true;
}

bool backoff_untold(struct fact *fact, uint32_t now)
{
    if (!(fact->extra & TRYING))
        return false;
    fact->value = now;
    fact->extra = (uint8_t)(fact->extra & ~TRYING);
    return true;
}

/* A lesson's value is when its last case was that counted, its extra how many there were in a row.
 */
bool lesson_holds(struct fact fact, uint32_t now)
{
    return fact.extra >= MEMORY_LESSON_TIMES && age_of(fact.value, now) < MEMORY_LESSON_S;
}

bool lesson_case(struct fact *fact, uint32_t now)
{
    /* Not prolonged while it holds: after its day, one connection is to find out. */
    if (lesson_holds(*fact, now))
        return false;
    if (fact->extra < MEMORY_LESSON_TIMES)
        fact->extra++;
    fact->value = now;
    return true;
}

bool lesson_counter_case(struct fact *fact, uint32_t now)
{
    (void)now;
    return clear(fact);
}
